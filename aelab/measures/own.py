"""The scores that an experiment adds to the usual ones, such as the perplexity of a book of codes."""

from functools import partial

import numpy as np

from aelab.batch import Batch
from aelab.data.arrays import take
from aelab.evaluation.batches import per_example
from aelab.evaluation.estimate import Estimate, jackknife, mean
from aelab.evaluation.own_scores import own_scores, values_of_batch
from aelab.experiment.scores import Score, checked
from aelab.measures.measure import Found
from aelab.measures.subject import Subject

FEWEST = 2  # examples of a part that is left out


def measure(subject: Subject) -> Found:
    """Every score of the experiment; nothing where it adds none."""
    scores = checked(subject.experiment.scores)
    of_batches = tuple(score for score in scores if score.over == "batch")
    found = {score.name: over_source(subject, score) for score in scores if score.over == "source"}
    if of_batches:
        found |= {name: mean(each) for name, each in over_batches(subject, of_batches).items()}
    return [subject.measured(score.name, found[score.name]) for score in scores]


def over_batches(subject: Subject, scores: tuple[Score, ...]) -> dict[str, np.ndarray]:
    """Of each example."""

    def of_batch(batch: Batch):
        return values_of_batch(subject.model, scores, subject.params, subject.key, subject.shown(batch))

    return per_example(of_batch, subject.source)


def over_source(subject: Subject, score: Score) -> Estimate:
    """Of the whole split, its error by leaving out a tenth of the examples at a time."""
    compute = partial(own_scores, subject.model, subject.params, subject.key, scores=(score,), shown=subject.shown)
    rows = np.arange(len(subject.source))
    return jackknife(lambda rows: compute(take(subject.source, np.sort(rows))), [rows], least=FEWEST)[score.name]

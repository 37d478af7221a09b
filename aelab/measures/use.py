"""What codes are good for: whether they keep neighbours, and what probes, few labels and clusters tell of classes."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from aelab.data.arrays import labels, take
from aelab.evaluation.batches import per_example
from aelab.evaluation.clusters import accuracy
from aelab.evaluation.estimate import Estimate, jackknife, mean
from aelab.evaluation.neighbourhoods import continuous, trusted
from aelab.evaluation.neighbours import TRUSTED
from aelab.evaluation.probes import few, nearest, probe
from aelab.evaluation.scores import codes
from aelab.latents import flat
from aelab.measures.measure import Found, Undefined
from aelab.measures.subject import Subject
from aelab.seeds import random_state

NAMES = ("probe", "neighbours", "few_labels", "clustering", "nmi")
TRAIN = 10_000  # training codes, at most
WIDEST = 4096  # numbers of a code that probes are fitted to
FEW = (10, 100)  # labels
DRAWS = 5  # of few labels
RESTARTS = 10  # of k-means, of which the best by its own measure counts

Codes = Float[np.ndarray, "example number"]
Labels = Int[np.ndarray, "example"]


def measure(subject: Subject) -> Found:
    """Whether codes keep neighbours, and what they tell of classes."""
    return [*neighbourhoods(subject), *of_classes(subject)]


def neighbourhoods(subject: Subject) -> Found:
    """Of the first examples of the split, all of whose distances are compared."""
    part = take(subject.source, np.arange(min(TRUSTED, len(subject.source))))
    events, z = per_example(lambda batch: batch.targets, part), code(subject, part)
    found = {"trustworthiness": trusted(events, z), "continuity": continuous(events, z)}
    few = "three examples are needed, so that one has a neighbour and another is none"
    return [
        Undefined(name, few) if each is None else subject.measured(name, mean(each)) for name, each in found.items()
    ]


def of_classes(subject: Subject) -> Found:
    """Everything that needs classes, or why there is nothing."""
    train = take(subject.splits.train, np.arange(min(TRAIN, len(subject.splits.train))))
    known, own = labels(train), labels(subject.source)
    if known is None or own is None or len(np.unique(known)) < 2:
        return [Undefined(name, "the examples have no classes, or one alone") for name in NAMES]
    if subject.splits.spec.condition == "label":
        return [Undefined(name, "the model is told the class of what it encodes") for name in NAMES]
    z, there = code(subject, train), code(subject, subject.source)
    if z.shape[1] > WIDEST:
        why = f"a code has {z.shape[1]:,} numbers, more than the {WIDEST:,} that a probe is fitted to"
        return [Undefined(name, why) for name in NAMES]
    return [*read_out(subject, z, known, there, own), *clustered(subject, there, own)]


def code(subject: Subject, source: Any) -> Codes:
    """The modes of q(z|x) of a split, flat."""
    q = codes(subject.model, subject.params, source, len(source), subject.shown)
    return np.asarray(flat(q.mode))


def read_out(subject: Subject, train: Codes, known: Labels, test: Codes, expected: Labels) -> Found:
    """Shares of the examples that classifiers of the training codes tell right."""
    right = {"probe": probe(train, known, test) == expected, "neighbours": nearest(train, known, test) == expected}
    found: Found = [subject.measured(name, mean(hits)) for name, hits in right.items()]
    for count in FEW:
        if count >= len(known):
            found.append(Undefined(f"few_labels:{count}", f"the training set has {len(known)} examples"))
            continue
        picks = [few(known, count, draw) for draw in range(DRAWS)]
        hits = np.stack([probe(train[own], known[own], test) == expected for own in picks])
        found.append(subject.measured(f"few_labels:{count}", two_ways(hits)))
    return found


def two_ways(hits: np.ndarray) -> Estimate:
    """The mean of `hits` [draw, example] with an error for the draws of labels and for the examples together.

    √(s² / draws + t² / examples), with s the standard deviation of the means over examples and t that of the means
    over draws. The second counts a part of the first again, so the error is a little too large.
    """
    of_draws, of_examples = mean(hits.mean(1)), mean(hits.mean(0))
    return Estimate(of_examples.value, float(np.hypot(of_draws.error, of_examples.error)), of_examples.n)


def clustered(subject: Subject, z: Codes, classes: Labels) -> Found:
    """How well k-means finds the classes; errors by leaving out a tenth of the examples at a time."""
    from sklearn.cluster import KMeans  # here: it takes a second to import
    from sklearn.metrics import normalized_mutual_info_score

    count = len(np.unique(classes))
    if count > len(z):
        return [Undefined(name, "more classes than examples") for name in ("clustering", "nmi")]
    seed = random_state(subject.seed)
    found = KMeans(count, n_init=RESTARTS, random_state=seed).fit(z).labels_

    def scores(found: Labels, classes: Labels) -> dict[str, float]:
        return {"clustering": accuracy(found, classes), "nmi": normalized_mutual_info_score(classes, found)}

    return [subject.measured(*each) for each in jackknife(scores, [found, classes], least=2).items()]

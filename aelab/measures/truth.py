"""log p(x) itself, between two bounds, and why the ELBO is below it."""

from typing import Any

import numpy as np

from aelab.batch import Batch
from aelab.data.arrays import take
from aelab.errors import ConfigError
from aelab.evaluation.batches import per_example
from aelab.evaluation.bounds import held_out_bound
from aelab.evaluation.estimate import mean
from aelab.measures.measure import Found, Undefined
from aelab.measures.progress import Watched, counter
from aelab.measures.subject import Subject
from aelab.truth import elbos, gaps, lower_bounds, sandwich, tighter

NAMES = ("annealed", "sandwich", "inference_gap", "approximation_gap", "amortisation_gap")
SIZE = 50  # events of a program call


def measure(subject: Subject) -> Found:
    """log p(x) by annealing, how far that can be off, and the parts of the gap below it; of so many first events."""
    count = min(subject.asked.truth, len(subject.source))
    if not count:
        return []
    try:
        below, apart = bounds(subject, count)
    except ConfigError as error:
        return [Undefined(name, str(error)) for name in NAMES]
    return [
        subject.measured("annealed", mean(below)),
        subject.measured("sandwich", mean(apart)),
        *left_by_the_encoder(subject, below),
    ]


def bounds(subject: Subject, count: int) -> tuple[np.ndarray, np.ndarray]:
    """log p(x) of events of the split from below, and upper less lower bounds of as many that the model made.

    Raises:
        ConfigError: log p(x) is no integral over continuous codes.
    """
    given = (subject.model, subject.params, subject.key, subject.source, count)
    own = sandwich(*given, size=SIZE, shown=subject.shown, progress=counter("sandwich"))
    below = lower_bounds(*given, size=SIZE, shown=subject.shown, progress=counter("annealed"))
    return below, own.upper - own.lower


def left_by_the_encoder(subject: Subject, below: np.ndarray) -> Found:
    """The inference gap of the same events and its two parts; log p(x) is the tighter of the annealed bound and L_k."""
    source, samples = take(subject.source, np.arange(len(below))), max(subject.asked.samples, 1)
    model, params, key = subject.model, subject.params, subject.key

    def of_batch(batch: Batch) -> tuple[Any, Any]:
        return elbos(model, params, key, subject.shown(batch))[:2]

    try:
        amortised, optimal = per_example(of_batch, Watched(source, "gaps"), size=SIZE)
    except ConfigError as error:
        return [Undefined(name, str(error)) for name in NAMES[2:]]
    found = gaps(tighter(below, held_out_bound(model, params, key, source, samples, subject.shown)), amortised, optimal)
    return [subject.measured(f"{name}_gap", each) for name, each in found._asdict().items()]

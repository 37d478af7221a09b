"""What the codes carry: how many numbers are in use, what each costs, and how far codes are from the prior."""

import numpy as np
from jaxtyping import Float

from aelab.data.arrays import take
from aelab.data.source import Source
from aelab.evaluation import aggregate
from aelab.evaluation.aggregate import rate
from aelab.evaluation.batches import batches, per_example
from aelab.evaluation.effective_dimension import effective_dimension
from aelab.evaluation.estimate import Undefined as NotDefined
from aelab.evaluation.estimate import bootstrap, mean
from aelab.evaluation.layered import has_normal_layers, rates_of_batch
from aelab.evaluation.scores import code_scores, codes
from aelab.latents import flat, names
from aelab.measures.measure import Found, Undefined
from aelab.measures.subject import Subject

EXAMPLES = 5000  # of the mixture that q(z) is: each draw is compared with each of them
PARTS = {"information": "information", "aggregate_rate": "aggregate", "total_correlation": "total_correlation"}
WIDEST = 1024  # numbers of a code whose rates are kept one by one, and whose principal axes are looked at


def measure(subject: Subject) -> Found:
    """Active units, the rate of each number, effective dimension, and the terms of the aggregate posterior."""
    z = flat(codes(subject.model, subject.params, subject.source, len(subject.source), subject.shown).mode)
    z = np.asarray(z, np.float64)
    return [*active_units(subject, z), *dimension(subject, z), *of_aggregate(subject), *unit_rates(subject)]


def active_units(subject: Subject, z: Float[np.ndarray, "example number"]) -> Found:
    """Numbers of the code whose mean varies; of normal codes alone, as among the scores of a run."""
    part = take(subject.source, np.arange(min(2, len(subject.source))))
    if not code_scores(subject.model, subject.params, part, subject.shown):
        return [Undefined("active_units", "no layer of normal distributions, whose means could be looked at")]
    return [subject.measured("active_units", bootstrap(lambda z: float((z.var(0) > 0.01).sum()), [z]))]


def dimension(subject: Subject, z: Float[np.ndarray, "example number"]) -> Found:
    """Along how many directions codes vary."""
    if z.shape[1] > WIDEST:
        return [Undefined("effective_dimension", f"a code has {z.shape[1]:,} numbers, more than {WIDEST:,}")]
    if len(z) < 2 or not z.var(0).any():
        return [Undefined("effective_dimension", "all codes are alike")]
    return [subject.measured("effective_dimension", effective_dimension(z))]


def of_aggregate(subject: Subject) -> Found:
    """Mutual information, the aggregate posterior's KL from the prior, and the total correlation."""
    part: Source = take(subject.source, np.arange(min(EXAMPLES, len(subject.source))))
    found = rate(subject.model, subject.params, subject.key, part, EXAMPLES, subject.shown)
    if isinstance(found, NotDefined):
        return [Undefined(name, found.reason) for name in PARTS]
    return [subject.measured(name, mean(getattr(found, field)), k=1) for name, field in PARTS.items()]


def unit_rates(subject: Subject) -> Found:
    """KL of each number of the code, in closed form; where there are layers, given one draw of those above."""
    model, params, source = subject.model, subject.params, subject.source
    rates = aggregate.unit_rates(model, params, source, subject.shown)
    if isinstance(rates, NotDefined) and has_normal_layers(model, params, next(iter(batches(source)))[0]):
        rates = per_example(lambda batch: rates_of_batch(model, params, subject.key, batch), source)
    if isinstance(rates, NotDefined):
        return [Undefined("unit_rate", rates.reason)]
    if rates.shape[1] > WIDEST:
        return [Undefined("unit_rate", f"a code has {rates.shape[1]:,} numbers, more than {WIDEST:,}")]
    called = names(codes(model, params, source, 1, subject.shown).mode)
    return [subject.measured(f"unit_rate:{name}", mean(each)) for name, each in zip(called, rates.T, strict=True)]

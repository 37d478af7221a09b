"""How well the model tells another set from its own, by how strange events look to it."""

from functools import partial

from aelab import data
from aelab.config import DataOptions
from aelab.data.source import Source
from aelab.errors import DataError
from aelab.evaluation.out_of_distribution import SAMPLES, told_apart
from aelab.measures.likelihood import NO_PRIOR
from aelab.measures.measure import Found, Undefined
from aelab.measures.subject import Subject

NAMES = ("error", "elbo", "l_k", "typicality")  # by which events are strange


def measure(subject: Subject, other: Source) -> Found:
    """The AUROC of each score, between the split and the test split of another set."""
    if subject.model.conditional:
        why = "the model needs a condition, which another set does not have"
        return [Undefined(f"told_{name}", why) for name in NAMES]
    train, own = subject.splits.train, subject.source
    given = (subject.model, subject.params, subject.key)
    found = told_apart(*given, train=train, own=own, other=other, shown=subject.shown)
    return [
        subject.measured(f"told_{name}", found[name], k=None if name == "error" else SAMPLES)
        if name in found
        else Undefined(f"told_{name}", NO_PRIOR)
        for name in NAMES
    ]


def group(subject: Subject, name: str) -> tuple[str, partial]:
    """What the group of another set is called, by its name and the digest of its test split, and what measures it.

    Raises:
        DataError: there is no such set, or its events are of another shape.
    """
    try:
        splits, own = data.load(DataOptions(data=name)), subject.splits.spec
    except DataError as error:
        raise DataError(str(error).replace("--data", "--against", 1)) from None
    if splits.spec.shape != own.shape:
        here, there = (" × ".join(map(str, spec.shape)) for spec in (own, splits.spec))
        raise DataError(f"--against {name}: its events are {there}, and those of the run {here}; name another set")
    return f"against {splits.name} ({splits.test.fingerprint[:8]})", partial(measure, other=splits.test)

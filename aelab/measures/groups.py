"""The groups of numbers, in the order of the table. The quick ones take less than a minute, `--full` asks for all."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from aelab.measures import (
    calibration,
    codes,
    cost,
    factors,
    likelihood,
    own,
    reconstruction,
    robustness,
    samples,
    truth,
    use,
)
from aelab.measures.measure import Found
from aelab.measures.subject import Subject


class Group(NamedTuple):
    """Numbers that are measured together."""

    measure: Callable[[Subject], Found]
    quick: bool = False
    number: Literal["samples", "truth", ""] = ""  # which number that is asked for its own depend on
    timed: bool = (
        False  # its numbers are of this machine and never the same twice: they are kept in a file of their own
    )


menu: dict[str, Group] = {
    "reconstruction": Group(reconstruction.measure, quick=True),
    "likelihood": Group(likelihood.measure, quick=True, number="samples"),
    "truth": Group(truth.measure, number="truth"),
    "codes": Group(codes.measure, quick=True),
    "of the experiment": Group(own.measure, quick=True),
    "use of codes": Group(use.measure),
    "disentanglement": Group(factors.measure),
    "calibration": Group(calibration.measure),
    "robustness": Group(robustness.measure),
    "samples": Group(samples.measure),
    "cost on this machine": Group(cost.measure, quick=True, timed=True),
}

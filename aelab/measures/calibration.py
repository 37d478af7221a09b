"""Whether the variances of a normal likelihood are right: how many entries lie where they say."""

import numpy as np

from aelab.evaluation.calibration import LEVELS, calibration_error, shares_inside
from aelab.evaluation.estimate import Undefined as NotDefined
from aelab.evaluation.estimate import mean
from aelab.measures.measure import Found, Undefined
from aelab.measures.subject import Subject


def measure(subject: Subject) -> Found:
    """The shares of the entries inside intervals, and how far these are from what they should be."""
    shares = shares_inside(subject.model, subject.params, subject.key, subject.source, subject.shown)
    if isinstance(shares, NotDefined):
        return [Undefined("calibration_error", shares.reason), Undefined("inside", shares.reason)]
    each = np.asarray(shares, np.float64).T
    found: Found = [subject.measured("calibration_error", calibration_error(shares), k=1)]
    return found + [
        subject.measured(f"inside:{level:g}", mean(own), k=1) for level, own in zip(LEVELS, each, strict=True)
    ]

"""Features of dictionaries held against each other: which of them another seed finds again."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

ALIKE = 0.9  # cosine from which two directions pass for the same feature

Directions = Float[np.ndarray, "unit feature"]  # of length 1


def matched(ours: Directions, theirs: Directions) -> Float[np.ndarray, "unit"]:
    """The cosine of each of our directions with its partner among theirs.

    Partners are chosen one to one, so that the sum of the cosines is as large as it can be. Where they are fewer, those
    of ours that are left over have a cosine of 0.
    """
    from scipy.optimize import linear_sum_assignment  # here: it takes a while to import

    cosines = ours @ theirs.T
    rows, columns = linear_sum_assignment(-cosines)
    found = np.zeros(len(ours))
    found[rows] = cosines[rows, columns]
    return found


def in_all(first: Directions, others: Sequence[Directions], least: float = ALIKE) -> Bool[np.ndarray, "unit"]:
    """Which directions of the first have a partner in every other one whose cosine is at least that."""
    return np.all([matched(first, other) >= least for other in others], axis=0)

"""The AUROC with its standard error, without assuming how scores are distributed.

(DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595, eq. 2 to 4.)
"""

import math

import numpy as np
from jaxtyping import Float

from aelab.evaluation.estimate import Estimate


def auroc(own: Float[np.ndarray, "example"], other: Float[np.ndarray, "example"]) -> Estimate:
    """The chance that one of m `other` events scores above one of n of its `own`; the same score counts half.

    The error is √(s²_other / m + s²_own / n): s_other is the standard deviation of the share of own events below
    each other one, and s_own that of the share of other events above each own one. It is NaN where one of them is
    alone.
    """
    of_other, of_own = _share_below(other, own), 1 - _share_below(own, other)
    known = min(len(own), len(other)) > 1
    error = math.sqrt(of_other.var(ddof=1) / len(other) + of_own.var(ddof=1) / len(own)) if known else math.nan
    return Estimate(float(of_other.mean()), error, len(own) + len(other))


def _share_below(x: np.ndarray, among: np.ndarray) -> Float[np.ndarray, "example"]:
    """The share of `among` below each of x, of equal ones half."""
    ranked = np.sort(among)
    return (np.searchsorted(ranked, x, "left") + np.searchsorted(ranked, x, "right")) / (2 * len(among))

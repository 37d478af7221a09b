"""One normal distribution of the rows of a table that has gaps, by expectation and maximisation, and its gaps filled.

With μ and Σ of the last step, a row's missing entries m have, given the observed ones o, the mean and the covariance

    x̂_m = μ_m + Σ_mo Σ_oo⁻¹ (x_o − μ_o),   C = Σ_mm − Σ_mo Σ_oo⁻¹ Σ_om,

and the next step has μ = mean of x̂, Σ = mean of (x̂ − μ)(x̂ − μ)ᵀ + C (Dempster, Laird and Rubin 1977, section 4.1.3;
Little and Rubin 2002, section 11.2). Each row costs an inverse, so it is for tables of tens of columns.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from aelab.baselines.gaussian import Moments


class Filled(NamedTuple):
    """A table without gaps, and how uncertain each entry is: variances, 0 where it was observed."""

    mean: Float[np.ndarray, "row feature"]
    variance: Float[np.ndarray, "row feature"]


def fit(x: Float[np.ndarray, "row feature"], ridge: float = 0.0, steps: int = 50) -> Moments:
    """μ and Σ of maximum likelihood for a table whose gaps are NaN; `ridge` is added to the diagonal of Σ each step."""
    moments = Moments(np.nanmean(x, 0), np.diag(np.nanvar(x, 0) + ridge))
    for _ in range(steps):
        filled, rest = _expected(moments, x)
        mean = filled.mean.mean(0)
        centred = filled.mean - mean
        moments = Moments(mean, (centred.T @ centred + rest) / len(x) + ridge * np.eye(x.shape[1]))
    return moments


def fill(moments: Moments, x: Float[np.ndarray, "row feature"]) -> Filled:
    """Each gap as its conditional mean, the best guess there is of a normal distribution, and its variance."""
    return _expected(moments, x)[0]


def _expected(moments: Moments, x: np.ndarray) -> tuple[Filled, np.ndarray]:
    """The table filled, and the sum over its rows of the covariance C of what is missing."""
    mean, variance, rest = x.copy(), np.zeros_like(x), np.zeros_like(moments.covariance)
    for row, gone in enumerate(np.isnan(x)):
        slope = np.linalg.solve(moments.covariance[np.ix_(~gone, ~gone)], moments.covariance[np.ix_(~gone, gone)]).T
        mean[row, gone] = moments.mean[gone] + slope @ (x[row, ~gone] - moments.mean[~gone])
        left = moments.covariance[np.ix_(gone, gone)] - slope @ moments.covariance[np.ix_(~gone, gone)]
        variance[row, gone] = np.diag(left)
        rest[np.ix_(gone, gone)] += left
    return Filled(mean, variance), rest

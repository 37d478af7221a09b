"""The conditional mean of one normal distribution fitted to the training events: the best linear guess at a hole.

With mean μ and covariance Σ, of the hidden entries h and the visible ones v (Bishop 2006, eq. 2.81 and 2.96)

    E[x_h | x_v] = μ_h + Σ_hv Σ_vv⁻¹ (x_v − μ_v) = μ_h − Λ_hh⁻¹ Λ_hv (x_v − μ_v),   Λ = Σ⁻¹

Each group of events with one and the same hole costs one Cholesky factor, in whichever of h and v is smaller.
"""

from typing import NamedTuple

import numpy as np

ROWS = 5000  # events whose products are in memory at a time


class Moments(NamedTuple):
    """Of events laid out flat, float64."""

    mean: np.ndarray  # [entry]
    covariance: np.ndarray  # [entry, entry]


def moments(events: np.ndarray) -> Moments:
    """The maximum-likelihood mean and covariance of events `[event, *shape]`."""
    flat = events.reshape(len(events), -1)
    mean = flat.mean(0, dtype=np.float64)
    covariance = np.zeros((flat.shape[1],) * 2)
    for i in range(0, len(flat), ROWS):
        centred = flat[i : i + ROWS] - mean
        covariance += centred.T @ centred
    return Moments(mean, covariance / len(flat))


def conditional_mean(fitted: Moments, x: np.ndarray, hidden: np.ndarray, ridge: float) -> np.ndarray:
    """Events whose hidden entries are their conditional mean; `x` and `hidden` are `[event, *shape]`.

    `ridge` is added to the diagonal of Σ, the variance of a noise that every entry has; it must be above 0 where
    entries of the training events never vary.
    """
    covariance = fitted.covariance + ridge * np.eye(len(fitted.mean))
    flat = hidden.reshape(len(x), -1)
    centred = np.where(flat, 0, x.reshape(len(x), -1) - fitted.mean)
    few = flat.sum(1) <= flat.shape[1] / 2  # hidden entries
    shift = np.empty_like(centred)
    precision = np.linalg.inv(covariance)
    shift[few] = -_solved(precision, centred[few] @ precision, flat[few])
    shift[~few] = _solved(covariance, centred[~few], ~flat[~few]) @ covariance
    return np.where(hidden, (fitted.mean + shift).reshape(x.shape), x).astype(x.dtype)


def _solved(matrix: np.ndarray, right: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The block `inside` of the matrix, inverted, times that of each row of `right`; 0 outside. `[event, entry]`."""
    from scipy.linalg import cho_factor, cho_solve

    found = np.zeros_like(right)
    for pattern, rows in _patterns(inside):
        if len(at := np.flatnonzero(pattern)):
            factor = cho_factor(matrix[np.ix_(at, at)], overwrite_a=True, check_finite=False)
            found[np.ix_(rows, at)] = cho_solve(factor, right[np.ix_(rows, at)].T, check_finite=False).T
    return found


def _patterns(inside: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The different rows of `inside` [event, entry], each with the numbers of the events that have it."""
    if not len(inside):
        return []
    packed = np.packbits(inside, axis=1)
    _, first, which = np.unique(packed.view(f"V{packed.shape[1]}")[:, 0], return_index=True, return_inverse=True)
    groups = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
    return [(inside[i], rows) for i, rows in zip(first, groups, strict=True)]

"""What the hidden part of an event may be, without a net.

Events and `hidden` are `[event, *shape]`; a guess keeps what is visible.
"""

from typing import Literal

import numpy as np

from aelab.baselines.nearest import mean_of_nearest

Curve = Literal["linear", "cubic", "pchip"]
Ends = Literal["natural", "not-a-knot"]  # of a spline, as scipy calls them


def mean_event(train: np.ndarray, x: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The mean training event in the hole."""
    return np.where(hidden, train.mean(0), x)


def neighbours(train: np.ndarray, x: np.ndarray, hidden: np.ndarray, k: int) -> np.ndarray:
    """The mean of the `k` training events nearest in the entries that are visible, in the hole.

    The search is exact: with v = 1 where an entry is visible, Σ v (x − t)² is Σ v t² − 2 Σ v x t and a constant, two
    products of matrices.
    """
    t, visible = train.reshape(len(train), -1), ~hidden.reshape(len(x), -1)
    flat, squares = x.reshape(len(x), -1), np.square(t)

    def distance(rows: slice) -> np.ndarray:
        v = visible[rows].astype(np.float32)
        return v @ squares.T - 2 * (v * flat[rows]) @ t.T

    return np.where(hidden, mean_of_nearest(t, k, len(x), distance).reshape(x.shape), x)


def biharmonic(x: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The smoothest surface through what is visible (Damelin and Hoang 2018, doi:10.1155/2018/3950312)."""
    from skimage.restoration import inpaint_biharmonic

    holes = np.asarray(hidden.any(-1))
    return np.stack([inpaint_biharmonic(e, h, channel_axis=-1) for e, h in zip(x, holes, strict=True)]).reshape(x.shape)


def interpolated(
    x: np.ndarray, hidden: np.ndarray, curve: Curve, *, ends: Ends = "natural", fewest: int = 1
) -> np.ndarray:
    """Each channel of a series, `[event, time, channel]`, along a curve through what is visible of it.

    `cubic` is the spline with such `ends`, `pchip` the cubic that overshoots nowhere (Fritsch and Butland 1984,
    doi:10.1137/0905021). Before the first visible step and behind the last one their values go on; where less than
    the `fewest` steps are visible the guess is 0.
    """
    guess = np.where(hidden, 0, x)
    for event, channel in zip(*np.nonzero(hidden.any(1)), strict=True):
        hole = hidden[event, :, channel]
        if len(seen := np.flatnonzero(~hole)) >= fewest:
            at = np.clip(np.flatnonzero(hole), seen[0], seen[-1])
            guess[event, hole, channel] = _curve(curve, seen, x[event, seen, channel], ends)(at)
    return guess


def _curve(curve: Curve, places: np.ndarray, values: np.ndarray, ends: Ends):
    """A function of places; one or two values have no curve but a line."""
    from scipy.interpolate import CubicSpline, PchipInterpolator

    if curve == "linear" or len(places) < 3:
        return lambda at: np.interp(at, places, values)
    return CubicSpline(places, values, bc_type=ends) if curve == "cubic" else PchipInterpolator(places, values)

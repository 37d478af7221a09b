"""The classical methods that fill holes, by name, each with the settings among which validation events decide."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from aelab.baselines import gaussian, inpainting
from aelab.baselines.hole_regression import regression
from aelab.baselines.tuning import Axis, counts

LEAST = 1e-4  # of the mean variance: a smaller penalty drowns in the rounding of sums of float32


class Filler(NamedTuple):
    """A method: `fill(x, hidden, **setting)`, and the axes of its settings."""

    fill: Callable[..., np.ndarray]
    axes: Mapping[str, Any] = {}
    slow: bool = False  # it is scored on the first events alone


def fillers(train: np.ndarray, seen: np.ndarray, hidden: np.ndarray, fitted: gaussian.Moments) -> dict[str, Filler]:
    """All methods for one kind of hole, fitted to all training events `[event, *shape]`, clean and with such holes.

    `fitted` are the moments of the clean ones.
    """
    linear, mean = regression(train, seen, hidden), train.mean(0)
    variance = float(fitted.covariance.trace()) / mean.size  # of an entry
    ridges = Axis([scale * variance for scale in (1e-4, 1e-3, 1e-2)], least=1e-7 * variance)
    penalties = Axis([scale * variance for scale in (1e-3, 1e-2, 1e-1)], least=LEAST * variance)
    found = {
        "mean": Filler(lambda x, hidden: np.where(hidden, mean, x)),
        "neighbours": Filler(
            lambda x, hidden, k: inpainting.neighbours(train, x, hidden, int(k)),
            {"k": counts((3, 5, 10, 20), len(train))},
        ),
        "normal distribution": Filler(
            lambda x, hidden, ridge: gaussian.conditional_mean(fitted, x, hidden, ridge), {"ridge": ridges}
        ),
        "ridge regression": Filler(linear.fill, {"penalty": penalties}),
    }
    if train.ndim == 4:
        found["biharmonic"] = Filler(inpainting.biharmonic, slow=True)
    if train.ndim == 3:
        found["interpolation"] = Filler(inpainting.interpolated, {"curve": ("linear", "cubic", "pchip")})
    return found

"""Ways through the space of codes: straight lines between two codes, and one number of a code moved alone."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

STEPS = 9  # codes on a line
REACH = 2.5  # both ends of a moved number, in standard deviations of the prior N(0, I)


def lines(z: Float[np.ndarray, "event *code"]) -> Float[np.ndarray, "line step *code"]:
    """(1 − t) z₀ + t z₁ for t from 0 to 1 in `STEPS` equal steps; from code 0 to 1, from 2 to 3 and so on, float32.

    The last of an odd number of codes is left out.
    """
    t = np.linspace(0, 1, STEPS, dtype=np.float32).reshape(-1, *(1,) * (z.ndim - 1))
    starts, ends = z[:-1:2, None], z[1::2, None]
    return (1 - t) * starts + t * ends


def traversals(
    z: Float[np.ndarray, "event *code"], numbers: Sequence[int] | np.ndarray | None = None
) -> Float[np.ndarray, "event number step *code"]:
    """Each of the `numbers` of a code, by its place in the flattened code, moved through `moved()`; the others stay.

    None stands for all numbers, in their order.
    """
    flat = z.reshape(len(z), -1)
    numbers = np.arange(flat.shape[1]) if numbers is None else np.asarray(numbers)
    paths = np.tile(flat[:, None, None], (1, len(numbers), STEPS, 1))
    for row, number in enumerate(numbers):
        paths[:, row, :, number] = moved()
    return paths.reshape(len(z), len(numbers), STEPS, *z.shape[1:])


def decoded(decode: Callable, z: np.ndarray, axes: int) -> np.ndarray:
    """What `decode` makes of codes on paths: the first `axes` axes of `z` stay, those of a code become an event's."""
    events = np.asarray(decode(z.reshape(-1, *z.shape[axes:])))
    return events.reshape(*z.shape[:axes], *events.shape[1:])


def moved(steps: int = STEPS) -> Float[np.ndarray, "step"]:
    """The values that a moved number takes: from −`REACH` to `REACH`, float32."""
    return np.linspace(-REACH, REACH, steps, dtype=np.float32)

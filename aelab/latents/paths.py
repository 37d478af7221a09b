"""Ways through the space of codes: lines between two codes, straight or bent, and one number of a code moved alone."""

from collections.abc import Callable, Sequence

import jax
import numpy as np
from jaxtyping import Float

from aelab.latents.codes import Code, flat, interpolate, like, some

STEPS = 9  # codes on a line
REACH = 2.5  # both ends of a moved number, in standard deviations of the prior N(0, I)


def lines(z: Code, *, spherical: bool = False) -> Code:
    """(1 − t) z₀ + t z₁ for t from 0 to 1 in `STEPS` equal steps; from code 0 to 1, from 2 to 3 and so on, float32.

    `z` is `[event, *code]`, what is returned `[line, step, *code]`. The last of an odd number of codes is left out.
    Spherical ones go along arcs, at equal angles: see `interpolate`.
    """
    t = np.linspace(0, 1, STEPS, dtype=np.float32)
    pairs = len(jax.tree.leaves(z)[0]) // 2
    return interpolate(some(z, slice(0, 2 * pairs, 2)), some(z, slice(1, None, 2)), t, spherical=spherical)


def traversals(z: Code, numbers: Sequence[int] | np.ndarray | None = None) -> Code:
    """Each of the `numbers` of a code, by its place in the flat code, moved through `moved()`; the others stay.

    Of codes `[event, *code]`, `[event, number, step, *code]`. None stands for all numbers, in their order.
    """
    numbers_of = np.asarray(flat(z))
    numbers = np.arange(numbers_of.shape[1]) if numbers is None else np.asarray(numbers)
    paths = np.tile(numbers_of[:, None, None], (1, len(numbers), STEPS, 1))
    for row, number in enumerate(numbers):
        paths[:, row, :, number] = moved()
    return like(paths, z)


def decoded(decode: Callable, z: Code, axes: int) -> np.ndarray:
    """What `decode` makes of codes on paths: the first `axes` axes of `z` stay, those of a code become an event's."""
    rows = jax.tree.leaves(z)[0].shape[:axes]
    events = np.asarray(decode(jax.tree.map(lambda layer: layer.reshape(-1, *layer.shape[axes:]), z)))
    return events.reshape(*rows, *events.shape[1:])


def moved(steps: int = STEPS) -> Float[np.ndarray, "step"]:
    """The values that a moved number takes: from −`REACH` to `REACH`, float32."""
    return np.linspace(-REACH, REACH, steps, dtype=np.float32)

"""Holes in images and series: boxes, halves, quadrants, and one of these drawn for each row."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from aelab.batch import Batch
from aelab.corruptions.hiding import Strength, aligned, hide
from aelab.distributions import draw


def occlusion(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A box at a random place, `strength` of the height by `strength` of the width, becomes 0.

    On a series `(time, channel)` it is a stretch of time. The box lies inside the event; at least one pixel is hidden.
    """
    axes = batch.inputs.shape[1:-1]
    corner = draw(jax.random.uniform, key, (len(batch.inputs), len(axes)), batch.index)
    hidden = jnp.ones((), bool)
    for axis, size in enumerate(axes):
        length = jnp.clip(jnp.round(jnp.asarray(strength) * size), 1, size)
        first = jnp.floor(corner[:, axis] * (size - length + 1))[:, None]
        inside = (jnp.arange(size) >= first) & (jnp.arange(size) < first + length.reshape(-1, 1))
        shape = [1] * batch.inputs.ndim
        shape[0], shape[axis + 1] = inside.shape
        hidden = hidden & inside.reshape(shape)
    return hide(batch, jnp.broadcast_to(hidden, batch.inputs.shape), 0)


def halves(key: Key[Array, ""], batch: Batch, strength: Strength = 1.0) -> Batch:
    """One half of every event becomes 0: left, right, upper or lower of an image, the first or last of a series.

    `strength` is not used.
    """
    axes = batch.inputs.shape[1:-1]
    side = draw(partial(jax.random.randint, minval=0, maxval=2 * len(axes)), key, (len(batch.inputs),), batch.index)
    hidden = jnp.zeros(batch.inputs.shape, bool)
    for axis, size in enumerate(axes):
        place = jax.lax.broadcasted_iota(jnp.int32, batch.inputs.shape, axis + 1)
        first, last = (aligned(side == 2 * axis + end, batch) for end in (0, 1))
        hidden |= (first & (place < size // 2)) | (last & (place >= size // 2))
    return hide(batch, hidden, 0)


def quadrants(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """So many quadrants of every image, drawn at random, become 0; `strength` is their share of the four."""
    order = draw(jax.random.uniform, key, (len(batch.inputs), 4), batch.index)
    return _hide_quadrants(batch, order.argsort(1).argsort(1), strength)


def fixed_quadrants(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """The same in a fixed order: the lower right, the upper right, the upper left one; nothing is drawn.

    What is seen of an image in Pyro's tutorial on Sohn et al. 2015: all but the lower right, the left half, or the
    lower left.
    """
    order = jnp.broadcast_to(jnp.array([2, 1, 3, 0]), (len(batch.inputs), 4))  # of upper left, right, lower left, right
    return _hide_quadrants(batch, order, strength)


def regions(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A box, a half, or some quadrants of an image become 0, as `occlusion`, `halves` and `quadrants` do it.

    The kind is drawn for each row; of a series it is a stretch or a half.
    """
    kinds = (occlusion, halves, quadrants)[: batch.inputs.ndim - 1]
    first, *keys = jax.random.split(key, 1 + len(kinds))
    chosen = draw(partial(jax.random.randint, minval=0, maxval=len(kinds)), first, (len(batch.inputs),), batch.index)
    hidden = jnp.zeros(batch.inputs.shape, bool)
    for number, (kind, own) in enumerate(zip(kinds, keys, strict=True)):
        hidden |= aligned(chosen == number, batch) & jnp.asarray(kind(own, batch, strength).hidden)
    return hide(batch, hidden, 0)


def _hide_quadrants(batch: Batch, order: Array, strength: Strength) -> Batch:
    """Those of the four quadrants whose place in `order` [batch, quadrant] is below 4 · `strength`."""
    taken = order < jnp.round(4 * jnp.asarray(strength).reshape(-1, 1))
    height, width = (jax.lax.broadcasted_iota(jnp.int32, batch.inputs.shape, axis) for axis in (1, 2))
    quadrant = 2 * (height >= batch.inputs.shape[1] // 2) + (width >= batch.inputs.shape[2] // 2)
    hidden = jnp.zeros(batch.inputs.shape, bool)
    for number in range(4):
        hidden |= (quadrant == number) & aligned(taken[:, number], batch)
    return hide(batch, hidden, 0)

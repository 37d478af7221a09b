"""Geometry spoilt: every event turned, stretched, slanted and moved a little, for a code that does not depend on it."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.corruptions.hiding import Strength
from aelab.distributions import draw, existing


def affine(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """Each event is read at (I + s·U) p + s·u instead of at p, where s is `strength` and nothing is hidden.

    Places p go from -1 to 1 along each axis of the event: height and width of an image, the time of a series, which
    ends where its mask does. U and u are drawn for each event, their entries uniform in [-1, 1]. So strength 0.25 moves
    an image by up to an eighth of its size, and turns, stretches or slants it by up to a quarter. Values between pixels
    are interpolated linearly, and those outside are that of the nearest pixel.

    The random affine distortions of Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801, section 2, for inputs alone.
    """
    axes = batch.inputs.shape[1:-1]
    shape = (len(batch.inputs), len(axes), len(axes) + 1)
    change = draw(partial(jax.random.uniform, minval=-1, maxval=1), key, shape, batch.index)
    change = change * jnp.asarray(strength).reshape(-1, 1, 1)
    inputs = jax.vmap(_read)(batch.inputs, change, _sizes(batch))
    return batch._replace(inputs=existing(inputs, batch.mask))


def _sizes(batch: Batch) -> Float[Array, "batch axis"]:
    """How many places each event has along each axis: of a series, how many steps exist."""
    axes = batch.inputs.shape[1:-1]
    sizes = jnp.broadcast_to(jnp.array(axes, jnp.float32), (len(batch.inputs), len(axes)))
    return sizes if batch.mask is None else jnp.maximum(batch.mask.sum(1, keepdims=True), 1).astype(jnp.float32)


def _read(
    event: Float[Array, "*axes channel"], change: Float[Array, "axis axis1"], size: Float[Array, "axis"]
) -> Array:
    """One event at the places that a change [sU, su] leads to."""
    axes = event.shape[:-1]
    half = ((size - 1) / 2).reshape(-1, *[1] * len(axes))
    place = (jnp.indices(axes) - half) / jnp.maximum(half, 1)
    moved = place + jnp.tensordot(change[:, :-1], place, 1) + change[:, -1].reshape(half.shape)
    places = jnp.clip(moved * half + half, 0, 2 * half)
    read = partial(jax.scipy.ndimage.map_coordinates, coordinates=list(places), order=1)
    return jax.vmap(read, in_axes=-1, out_axes=-1)(event)

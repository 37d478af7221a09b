"""Corruptions of a batch's inputs: noise, masks and holes for the model to undo; the targets stay as they are.

Each is `(key, batch, strength) -> batch`, and the draws of a row depend on (key, batch.index) alone. `strength` may be
traced. Values are taken to be in [0, 1] unless said otherwise.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.distributions import draw

Strength = Float[Array, ""] | float


def gaussian(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """Normal noise of standard deviation `strength`, clipped to [0, 1] (Vincent et al. 2010, JMLR 11, section 3.3)."""
    noise = draw(jax.random.normal, key, batch.inputs.shape, batch.index)
    return batch._replace(inputs=jnp.clip(batch.inputs + strength * noise, 0, 1))


def salt_and_pepper(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A share `strength` of the entries becomes 0 or 1, each with the same chance; they count as hidden."""
    uniform = draw(jax.random.uniform, key, batch.inputs.shape, batch.index)
    hidden = uniform < strength
    return _hide(batch, hidden, (uniform < strength / 2).astype(batch.inputs.dtype))


def masking(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A share `strength` of the entries becomes 0 (Vincent et al. 2008, doi:10.1145/1390156.1390294, section 2.3)."""
    hidden = draw(jax.random.uniform, key, batch.inputs.shape, batch.index) < strength
    return _hide(batch, hidden, 0)


def occlusion(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A box at a random place, `strength` of the height by `strength` of the width, becomes 0.

    On a series `(time, channel)` it is a stretch of time. The box lies inside the event; at least one pixel is hidden.
    """
    axes = batch.inputs.shape[1:-1]
    corner = draw(jax.random.uniform, key, (len(batch.inputs), len(axes)), batch.index)
    hidden = jnp.ones((), bool)
    for axis, size in enumerate(axes):
        length = jnp.clip(jnp.round(strength * size), 1, size)
        first = jnp.floor(corner[:, axis] * (size - length + 1))[:, None]
        inside = (jnp.arange(size) >= first) & (jnp.arange(size) < first + length)
        shape = [1] * batch.inputs.ndim
        shape[0], shape[axis + 1] = inside.shape
        hidden = hidden & inside.reshape(shape)
    return _hide(batch, jnp.broadcast_to(hidden, batch.inputs.shape), 0)


def binarisation(key: Key[Array, ""], batch: Batch, strength: Strength = 1.0) -> Batch:
    """Every entry becomes 1 with its value as probability, in inputs and targets alike, anew at every step.

    Dynamic binarisation (Burda et al. 2016, arXiv:1509.00519, section 5); `strength` is not used.
    """
    bits = draw(jax.random.uniform, key, batch.targets.shape, batch.index) < batch.targets
    bits = bits.astype(batch.targets.dtype)
    return batch._replace(inputs=bits, targets=bits)


def _hide(batch: Batch, hidden: Array, value: Array | float) -> Batch:
    return batch._replace(inputs=jnp.where(hidden, value, batch.inputs), hidden=hidden)

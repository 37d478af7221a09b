"""What corruptions share: a strength laid beside the entries of its row, and entries taken away and noted."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.batch import Batch

Strength = Float[Array, ""] | Float[Array, "batch"] | float


def aligned(strength: Strength, batch: Batch) -> Array:
    """A strength a row with the axes of an event behind it; one for all as it is."""
    strength = jnp.asarray(strength)
    return strength.reshape(strength.shape + (1,) * (batch.inputs.ndim - 1)) if strength.ndim else strength


def hide(batch: Batch, hidden: Array, value: Array | float) -> Batch:
    """The same with `value` in the `hidden` entries, which are noted."""
    return batch._replace(inputs=jnp.where(hidden, value, batch.inputs), hidden=hidden)


def filled(batch: Batch, fill: float) -> Batch:
    """The same with `fill` in the hidden entries."""
    return batch if batch.hidden is None else batch._replace(inputs=jnp.where(batch.hidden, fill, batch.inputs))

"""Stored events as the model sees them, and back."""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from aelab.batch import Batch
from aelab.data.source import Spec


def to_batch(stored: Mapping[str, ArrayLike], spec: Spec, *, weight: Array, index: Array) -> Batch:
    """Stored events as the model sees them: float32, shifted and scaled, 0 behind the end of a series."""
    x = jnp.asarray(stored["x"], jnp.float32)
    if spec.shift != 0:
        x = x - jnp.asarray(spec.shift)
    if spec.scale != 1:
        x = x / jnp.asarray(spec.scale)
    mask = None
    if "length" in stored:
        mask = jnp.arange(spec.shape[0]) < jnp.asarray(stored["length"])[:, None]
        x = jnp.where(mask[..., None], x, 0)
    return Batch(inputs=x, targets=x, mask=mask, weight=weight, index=index)

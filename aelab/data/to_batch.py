"""Stored events as the batch that objectives take, made inside a compiled program."""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from aelab.batch import Batch
from aelab.data.normalise import normalise
from aelab.data.source import Spec


def to_batch(stored: Mapping[str, ArrayLike], spec: Spec, *, weight: Array, index: Array) -> Batch:
    """Events as a model sees them, float32; those of a series are 0 outside `mask`, which says where it exists."""
    x = normalise(jnp.asarray(stored["x"], jnp.float32), spec)
    mask = None
    if "length" in stored:
        mask = jnp.arange(spec.shape[0]) < jnp.asarray(stored["length"])[:, None]
        x = jnp.where(mask[..., None], x, 0)
    return Batch(inputs=x, targets=x, mask=mask, weight=weight, index=index)

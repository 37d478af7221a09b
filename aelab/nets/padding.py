"""Masked series at a declared length, so that a batch may be padded to any other and nothing changes."""

import jax.numpy as jnp
from jaxtyping import Array, Shaped


def resized(x: Shaped[Array, "batch time *rest"], length: int) -> Shaped[Array, "batch length *rest"]:
    """`x` cut or padded with 0 to `length` along its second axis."""
    missing = max(0, length - x.shape[1])
    return jnp.pad(x[:, :length], [(0, missing) if axis == 1 else (0, 0) for axis in range(x.ndim)])

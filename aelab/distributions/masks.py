"""Sums over the entries of an event that exist."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped


def existing(values: Float[Array, "batch *event"], mask: Shaped[Array, "batch *axes"] | None):
    """`values` with 0 outside `mask`, whose axes are the leading ones of `values`."""
    if mask is None:
        return values
    return jnp.where(mask.reshape(mask.shape + (1,) * (values.ndim - mask.ndim)), values, 0)


def sum_event(values: Float[Array, "batch *event"], mask: Shaped[Array, "batch *axes"] | None = None):
    """Sum over all axes but the batch, entries outside `mask` left out.

    As a product with ones: on a CPU, XLA makes the terms of a sum one by one, logarithms and all, but those of a
    product in whole vectors, which is 13 % of a step of a small net.
    """
    flat = existing(values, mask).reshape(len(values), math.prod(values.shape[1:]))
    flat, ones = jax.lax.optimization_barrier((flat, jnp.ones(flat.shape[1], flat.dtype)))  # or it sees a sum again
    return jnp.dot(flat, ones, precision="highest")


def aligned(leaf: Float[Array, "..."], rank: int) -> Float[Array, "..."]:
    """`leaf` with axes of length 1 put in front: how a distribution without a batch axis meets a batch."""
    return jnp.expand_dims(leaf, tuple(range(rank - leaf.ndim)))

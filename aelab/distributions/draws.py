"""Draws keyed by the row: the same on any number of devices."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key


def row_keys(key: Key[Array, ""], index: Int[Array, "batch"]) -> Key[Array, "batch"]:
    """One key a row, a function of (key, index) alone: the same draws on any number of devices."""
    return jax.vmap(jax.random.fold_in, (None, 0))(key, index)


def draw(sampler: Callable, key: Key[Array, ""], shape: tuple[int, ...], index: Int[Array, "batch"] | None):
    """`sampler(key, shape)` drawn row by row, row i from `index[i]` (its own number where no index is given)."""
    index = jnp.arange(shape[0]) if index is None else index
    return jax.vmap(lambda row: sampler(row, shape[1:]))(row_keys(key, index))

"""Draws that depend on a key and the number of a row, and on nothing else.

So a row draws the same whatever else is in its batch, and however many devices a batch is spread over.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key


def row_keys(key: Key[Array, ""], index: Int[Array, "batch"]) -> Key[Array, "batch"]:
    """A key for each row: `key` with the number of the row folded in."""
    return jax.vmap(jax.random.fold_in, (None, 0))(key, index)


def draw(sampler: Callable, key: Key[Array, ""], shape: tuple[int, ...], index: Int[Array, "batch"] | None):
    """What `sampler(key, shape)` gives for each row of `shape`; row i has number `index[i]`, or i without an index."""
    index = jnp.arange(shape[0]) if index is None else index
    return jax.vmap(lambda row: sampler(row, shape[1:]))(row_keys(key, index))

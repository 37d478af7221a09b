"""What is asked of a fitted model, as compiled programs: blocks of one size of rows, whatever the table.

Nothing depends on where a row stands: codes have no draws, and every row is scored with the same ones.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.evaluation.bounds import importance_bound
from aelab.latents import flat
from aelab.model import PyTree
from aelab.sklearn.fitting import batch_of
from aelab.sklearn.recipe import Recipe, experiment
from aelab.sklearn.scale import Table

BLOCK = 256  # rows of a program call


def by_rows(function: Callable, rows: np.ndarray, size: int = BLOCK) -> np.ndarray:
    """`function(block, index)` of `size` rows at a time, the last block padded with zeros, joined along the rows."""
    found = []
    for start in range(0, len(rows), size):
        block = rows[start : start + size]
        whole = np.pad(block, [(0, size - len(block))] + [(0, 0)] * (rows.ndim - 1))
        index = np.arange(start, start + size, dtype=np.int32)
        found.append(np.asarray(function(whole, index))[: len(block)])
    return np.concatenate(found)


def codes(recipe: Recipe, params: PyTree, seen: Table) -> Float[np.ndarray, "row latent"]:
    """The mean of q(z|x) of each row."""
    return by_rows(lambda rows, _: _codes(recipe, params, rows), seen)


def decoded(recipe: Recipe, params: PyTree, z: Float[np.ndarray, "row latent"]) -> Table:
    """The mean of p(x|z) of each code, in units of the model."""
    return by_rows(lambda rows, _: _decoded(recipe, params, rows), np.asarray(z, np.float32))


def bounds(recipe: Recipe, params: PyTree, key: Key[Array, ""], seen: Table, draws: int) -> Float[np.ndarray, "row"]:
    """L_k of the observed entries of each row with k = `draws`, nats, in units of the model."""
    return by_rows(lambda rows, _: _bounds(recipe, params, key, rows, jnp.int32(draws)), seen)


def samples(recipe: Recipe, params: PyTree, key: Key[Array, ""], count: int) -> Table:
    """Rows x ~ p(x|z) of codes z ~ p(z), in units of the model."""
    return by_rows(lambda _, index: _samples(recipe, params, key, index), np.zeros((count, 1)))


@partial(jax.jit, static_argnums=0)
def _codes(recipe: Recipe, params: PyTree, rows) -> Float[Array, "row latent"]:
    batch = batch_of(recipe, rows, jnp.ones(len(rows)), jnp.arange(len(rows)))
    return flat(experiment(recipe).model.encode(params, batch.inputs, **batch.beside_inputs).mode)


@partial(jax.jit, static_argnums=0)
def _decoded(recipe: Recipe, params: PyTree, z) -> Float[Array, "row feature"]:
    return experiment(recipe).model.decode(params, z).mean


@partial(jax.jit, static_argnums=0)
def _bounds(recipe: Recipe, params: PyTree, key, rows, draws) -> Float[Array, "row"]:
    batch = batch_of(recipe, rows, jnp.ones(len(rows)), jnp.zeros(len(rows), jnp.int32))  # all have the same number
    return importance_bound(experiment(recipe).model, params, key, batch, draws)


@partial(jax.jit, static_argnums=0)
def _samples(recipe: Recipe, params: PyTree, key, index) -> Float[Array, "row feature"]:
    model, (of_z, of_x) = experiment(recipe).model, jax.random.split(key)
    return model.decode(params, model.draw_codes(params, of_z, index)).sample(of_x, index)

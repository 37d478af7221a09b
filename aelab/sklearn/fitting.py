"""Epochs over a table in memory: one compiled program an epoch, of the training step that all runs have.

A table is padded to a power of two rows, and the number of real ones is traced. So one program serves all tables of
about one size.
"""

from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from aelab.batch import Batch, Hyper
from aelab.data.to_batch import to_batch
from aelab.errors import NonFiniteError
from aelab.seeds import Purpose, key_for, key_named
from aelab.sklearn.recipe import Recipe, experiment
from aelab.sklearn.scale import Table
from aelab.training.early_stopping import out_of_patience
from aelab.training.initial import fresh_state
from aelab.training.state import PyTree, State, initial_state
from aelab.training.step import make_step

FEWEST = 256  # rows of the smallest table that is padded to


class Plan(NamedTuple):
    """How long, and in what portions."""

    epochs: int
    batch_size: int
    patience: int = 0  # epochs without a better loss of held-out rows after which to stop; 0 never stops
    seed: int = 0


class Fitted(NamedTuple):
    """What came of it; losses are means over rows, nats, one an epoch."""

    state: State
    loss: list[float]
    held_out_loss: list[float]  # empty where nothing was held out


def fit(recipe: Recipe, seen: Table, held_out: Table, plan: Plan, numbers: Hyper, start: State | None) -> Fitted:
    """Train from `start`, or from fresh parameters; with patience, the parameters are those of the best epoch.

    Raises:
        NonFiniteError: a loss became NaN or infinite.
    """
    state = fresh(recipe, plan.seed, numbers) if start is None else start
    rows, count = padded(seen), jnp.int32(len(seen))
    key, numbers = key_for(plan.seed, Purpose.TRAIN), jax.tree.map(jnp.float32, numbers)
    best, losses, validation = state, [], []
    for epoch in range(plan.epochs):
        state, loss = _epoch(recipe, plan.batch_size)(state, rows, count, key, numbers)
        losses.append(checked(float(loss), epoch))
        if not plan.patience:
            continue
        validation.append(loss_of(recipe, state.params, held_out, plan, numbers))
        if validation[-1] <= min(validation):
            best = jax.device_get(state)
        if out_of_patience([{"split": "validation", "loss": one} for one in validation], plan.patience):
            break
    return Fitted(jax.device_get(best if plan.patience else state), losses, validation)


def fresh(recipe: Recipe, seed: int, numbers: Hyper) -> State:
    """The state at step 0, a function of the seed alone."""
    return fresh_state(experiment(recipe), recipe.spec, seed, jax.tree.map(jnp.float32, numbers))


def again(recipe: Recipe, state: State, numbers: Hyper) -> State:
    """The same parameters with a fresh optimizer."""
    return initial_state(experiment(recipe), state.params, numbers, state.extra)


def checked(loss: float, epoch: int) -> float:
    """The loss, if it is a number.

    Raises:
        NonFiniteError: it is not.
    """
    if not np.isfinite(loss):
        raise NonFiniteError(f"lr: the loss of epoch {epoch + 1} is {loss}; choose a smaller one", epoch)
    return loss


def padded(x: Table) -> Table:
    """The table with rows of zeros behind its last one, up to a power of two of them, `FEWEST` or more."""
    size = max(FEWEST, 1 << (len(x) - 1).bit_length())
    return np.pad(x, [(0, size - len(x)), (0, 0)])


@lru_cache(maxsize=256)
def _epoch(recipe: Recipe, size: int):
    """The program `(state, rows, count, key, hyper) -> (state, mean loss)`: each of `count` rows once, in any order."""
    own = experiment(recipe)
    step, spoil = make_step(own), own.corruption

    def epoch(state: State, rows: Table, count: Int[Array, ""], key: Key[Array, ""], hyper: Hyper):
        order = shuffled(jax.random.fold_in(key_named(key, "order"), state.step), len(rows), count)

        def one(number, carry):
            state, total = carry
            place = number * size + jnp.arange(size)
            batch = batch_of(recipe, rows[order[place % len(rows)]], place < count, jnp.arange(size))
            if spoil is not None:
                batch = spoil(jax.random.fold_in(key_named(key, "corruption"), state.step), batch, hyper)
            state, metrics = step(state, batch, key, hyper)
            return state, total + metrics.loss["model"]

        state, total = jax.lax.fori_loop(0, -(-count // size), one, (state, jnp.float32(0)))
        return state, total / count

    return jax.jit(epoch, donate_argnums=0)


def shuffled(key: Key[Array, ""], size: int, count: Int[Array, ""]) -> Int[Array, "row"]:
    """0, 1, … size - 1, the first `count` of them in front and in any order."""
    place = jnp.arange(size)
    return jnp.argsort(jnp.where(place < count, jax.random.uniform(key, (size,)), 1.0 + place))


def batch_of(recipe: Recipe, rows: Float[Array, "row feature"], weight, index: Int[Array, "row"]) -> Batch:
    """Rows as objectives take them: what was not observed is 0, the mean of its column, and counts for nothing."""
    weight = jnp.asarray(weight, jnp.float32)
    batch = to_batch({"x": rows}, recipe.spec, weight=weight, index=index)
    assert batch.counted is not None
    return batch._replace(hidden=~batch.counted)


def loss_of(recipe: Recipe, params: PyTree, rows: Table, plan: Plan, numbers: Hyper) -> float:
    """The mean loss over rows that are not trained on, always with the same draws; nats."""
    key, total = key_for(plan.seed, Purpose.EVALUATE), 0.0
    for start in range(0, len(rows), FEWEST):
        block = rows[start : start + FEWEST]
        total += float(_total(recipe, params, padded(block), jnp.int32(len(block)), key, numbers))
    return total / len(rows)


@partial(jax.jit, static_argnums=0)
def _total(recipe: Recipe, params: PyTree, rows, count, key, numbers: Hyper):
    batch = batch_of(recipe, rows, jnp.arange(len(rows)) < count, jnp.arange(len(rows)))
    loss = experiment(recipe).losses()["model"](params, key, batch, step=0, hyper=numbers, extra={})
    return batch.weights @ loss.value

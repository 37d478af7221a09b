"""The sums of a step over rows, parts of the batch and devices: the losses, gradients and updates of its players."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Key

from aelab.batch import Batch, Hyper
from aelab.errors import ConfigError
from aelab.experiment.player import Player, own_parameters, with_own
from aelab.training.state import PyTree, State

VALUE_AND_GRAD = partial(jax.value_and_grad, has_aux=True)


class Sums(NamedTuple):
    """What the rows of a batch add up to for one player; zeros in a step in which it does not move."""

    loss: Float[Array, ""]
    terms: dict[str, Float[Array, ""]]
    updates: dict[str, PyTree]
    grads: PyTree  # in the parameters of the player's parts


class Given(NamedTuple):
    """What the sums over some rows read besides the rows."""

    state: State
    key: Key[Array, ""]  # of the step
    hyper: Hyper
    due: dict[str, Bool[Array, ""] | None]  # by player: whether it moves; None for one that always does


def sums_of(
    players: Mapping[str, Player],
    losses: Mapping[str, Callable],
    given: Given,
    batch: Batch,
    gradient_of: Callable[[str], Callable] = lambda name: VALUE_AND_GRAD,
) -> tuple[Float[Array, ""], dict[str, Sums]]:
    """How many examples there are, and the sums of every player, each loss bound to its model.

    `gradient_of(player)` is what takes the gradient of its sum, as `VALUE_AND_GRAD` does.
    """
    found = {}
    for name, player in players.items():
        make = partial(weighted_sums, name, player, losses[name], given, batch, gradient_of(name))
        found[name] = only_if(given.due[name], make, lambda make=make: zeros(make))
    return batch.weights.sum(), found


def weighted_sums(
    name: str, player: Player, loss: Callable, given: Given, batch: Batch, gradient: Callable[[Callable], Callable]
) -> Sums:
    """Weighted sums over the rows of the loss of a player and of its gradient."""
    state, key, hyper, _ = given
    batch = blank_padding(batch)
    weight = batch.weights

    def summed(values: Float[Array, "batch"]):
        return weight @ jnp.where(weight > 0, values, 0)  # 0 · NaN is NaN: rows that only pad must not spoil the sum

    def weighted(own: PyTree):
        params = with_own(state.params, own)
        result = loss(params, key, batch, step=state.step, hyper=hyper, extra=state.extra)
        total = summed(result.value)
        terms = {term: summed(values) for term, values in result.terms.items()}
        return total, (total, terms, result.updates)

    (_, sums), grads = gradient(weighted)(own_parameters(state.params, player.parts))
    if sums[2] and not player.record.advance:
        raise ConfigError(f"players: the objective of {name!r} gives updates and has no `advance` that takes them")
    return Sums(*sums, grads)


def blank_padding(batch: Batch) -> Batch:
    """Put zeros into rows of weight 0: a NaN there would reach the gradient, for 0 · NaN is NaN."""
    if batch.weight is None:
        return batch
    real = batch.weight > 0

    def blank(events):
        return jnp.where(real.reshape(-1, *[1] * (events.ndim - 1)), events, 0)

    return batch._replace(inputs=blank(batch.inputs), targets=blank(batch.targets))


def in_parts(sums: Callable[[Batch], PyTree], batch: Batch, parts: int) -> PyTree:
    """`sums(batch)`, computed for one part of the batch after the other and added up: it needs the memory of one part.

    Part k has the rows k, k + parts, …, so that every device has a share of each part. Rows keep their index, and so
    their draws.
    """
    if parts == 1:
        return sums(batch)
    if batch.index is None:
        batch = batch._replace(index=jnp.arange(len(batch.inputs)))
    split = jax.tree.map(lambda rows: rows.reshape(-1, parts, *rows.shape[1:]).swapaxes(0, 1), batch)
    nothing = jax.tree.map(lambda sum_: jnp.zeros(sum_.shape, sum_.dtype), jax.eval_shape(sums, batch))

    def add(total: PyTree, part: Batch) -> tuple[PyTree, None]:
        return jax.tree.map(jnp.add, total, sums(part)), None

    return jax.lax.scan(add, nothing, split)[0]


def reduce(tree: PyTree, axis_name: str | None) -> PyTree:
    """The sum over the devices of `axis_name`; the tree itself where one program serves all of them.

    Leaves of one type are summed as one vector. On a CPU each array of an all-reduce makes the threads wait for each
    other once more, which took 5 % of a step of the LSTM.
    """
    if axis_name is None:
        return tree
    if len({leaf.dtype for leaf in jax.tree.leaves(tree)}) > 1:
        return jax.lax.psum(tree, axis_name)
    flat, unravel = ravel_pytree(tree)
    return unravel(jax.lax.psum(flat, axis_name))


def gathered(axis_name: str | None) -> Callable[[PyTree], PyTree]:
    """What gives the rows of all devices along `axis_name`, in the order of the batch; they are here without one.

    The transpose of the gathering adds up what the losses on all devices say of a row. So the sum of the gradients over
    the devices is the gradient of the sum of the losses.
    """
    if axis_name is None:
        return lambda tree: tree
    return lambda tree: jax.lax.all_gather(tree, axis_name, tiled=True)


def only_if(due: Bool[Array, ""] | None, do: Callable[[], PyTree], otherwise: Callable[[], PyTree]) -> PyTree:
    """`do()`; where `due` is a number, only if it is true, and else `otherwise()`. All devices agree on it."""
    return do() if due is None else jax.lax.cond(due, do, otherwise)


def zeros(make: Callable[[], PyTree]) -> PyTree:
    """Zeros of the shapes and types that `make` gives; nothing of it is computed."""
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(make))

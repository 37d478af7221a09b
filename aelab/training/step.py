"""One pure training step, the same under jit, a sharded jit, pmap and shard_map."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Key

from aelab.batch import Batch, Hyper
from aelab.experiment.optimizers import Optimizer
from aelab.training.state import PyTree, State


class Keys(NamedTuple):
    """The keys a step folds its number into, by purpose."""

    train: Key[Array, ""]
    corrupt: Key[Array, ""]


class Metrics(NamedTuple):
    """Sums over the examples of one step, all devices: divide by `count` for means."""

    count: Float[Array, ""]
    loss: dict[str, Float[Array, ""]]  # by player, nats
    terms: dict[str, Float[Array, ""]]  # by name, nats


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


def sums_and_grads(loss: Callable, player: str, state: State, key: Key[Array, ""], batch: Batch, hyper: Hyper):
    """Weighted sums over the rows: ((count, loss, terms, updates), gradient in the player's parameters)."""

    batch = blank_padding(batch)
    weight = jnp.ones(len(batch.inputs)) if batch.weight is None else batch.weight

    def summed(values: Float[Array, "batch"]):
        return weight @ jnp.where(weight > 0, values, 0)  # 0 · NaN is NaN: rows that only pad must not spoil the sum

    def weighted(own: PyTree):
        result = loss({**state.params, player: own}, key, batch, step=state.step, hyper=hyper, extra=state.extra)
        total = summed(result.value)
        terms = {name: summed(term) for name, term in result.terms.items()}
        return total, (weight.sum(), total, terms, result.updates)

    (_, sums), grads = jax.value_and_grad(weighted, has_aux=True)(state.params[player])
    return sums, grads


def make_step(
    losses: Mapping[str, Callable],
    optimizers: Mapping[str, Optimizer],
    *,
    axis_name: str | None = None,
    skip: bool = False,
    parts: int = 1,
) -> Callable[[State, Batch, Key[Array, ""], Hyper], tuple[State, Metrics]]:
    """The step `(state, batch, key, hyper) -> (state, metrics)` of all players, each from the parameters before it.

    `losses` are objectives by player with their model bound; `optimizers` make optax transformations from traced
    hyperparameters. The mean over the global batch is taken here and nowhere else: sums are reduced over `axis_name`
    and divided once, so rows of weight 0 and any split over devices change nothing.

    With `skip`, a step whose loss, gradient or outcome is not finite leaves all as it was: it counts no examples, and
    one in `extra["skipped"]`. The sums are taken over so many `parts` of the batch, one after the other.
    """

    def step(state: State, batch: Batch, key: Key[Array, ""], hyper: Hyper) -> tuple[State, Metrics]:
        key = jax.random.fold_in(key, state.step)  # draws below are keyed by batch.index: the same on any devices

        def sums(part: Batch) -> dict[str, Any]:
            return {p: sums_and_grads(loss, p, state, key, part, hyper) for p, loss in losses.items()}

        locals_ = in_parts(sums, batch, parts)
        summed = reduce(locals_, axis_name)  # one all-reduce
        params, opt_state, extra = dict(state.params), dict(state.opt_state), dict(state.extra)
        totals: dict[str, Any] = {}
        terms: dict[str, Any] = {}
        for player, ((count, total, own_terms, updates), grads) in summed.items():
            grads = jax.tree.map(lambda g, n=count: g / n, grads)
            optimizer = optimizers[player](hyper)
            changes, opt_state[player] = optimizer.update(grads, opt_state[player], params[player])
            params[player] = optax.apply_updates(params[player], changes)
            totals[player], terms, extra = total, terms | own_terms, extra | updates
        after, metrics = State(state.step + 1, params, opt_state, extra), Metrics(count, totals, terms)
        return unless_finite(state, after, metrics) if skip else (after, metrics)

    return step


def all_finite(tree: PyTree) -> Bool[Array, ""]:
    """Whether every number of a tree is finite."""
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]).all()


def unless_finite(before: State, after: State, metrics: Metrics) -> tuple[State, Metrics]:
    """`after` where all of it is finite, else `before` with the step and `extra["skipped"]` one higher.

    A step that was left out has a count of 0 in its metrics. Its sums stay as they are, to be written down. A
    gradient that is not finite shows in the parameters or in the moments of the optimizer.
    """
    good = all_finite((after.params, after.opt_state, after.extra, metrics.loss, metrics.terms))
    kept = jax.tree.map(lambda new, old: jnp.where(good, new, old), after, before._replace(step=after.step))
    kept.extra["skipped"] = before.extra["skipped"] + ~good
    return kept, metrics._replace(count=jnp.where(good, metrics.count, 0))


def make_chunk(step: Callable, batch_of: Callable[[PyTree, PyTree], Batch], corruption: Callable | None = None):
    """Many steps in one program: `(state, resident, plan, keys, hyper) -> (state, metrics of every step)`.

    A scan over the rows of `plan`; `batch_of(resident, row)` makes the batch of one, `corruption(key, batch, hyper)`
    spoils its inputs.
    """

    def chunk(state: State, resident: PyTree, plan: PyTree, keys: Keys, hyper: Hyper) -> tuple[State, Metrics]:
        def body(state: State, row: PyTree) -> tuple[State, Metrics]:
            batch = batch_of(resident, row)
            if corruption is not None:
                batch = corruption(jax.random.fold_in(keys.corrupt, state.step), batch, hyper)
            return step(state, batch, keys.train, hyper)

        return jax.lax.scan(body, state, plan)

    return chunk

"""One pure training step, the same under jit, a sharded jit, pmap and shard_map."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Key

from aelab.batch import Batch, Hyper
from aelab.devices.layout import Layout
from aelab.errors import ConfigError
from aelab.experiment import Experiment, Player
from aelab.experiment.player import own_parameters, recorded, with_own
from aelab.training.shards import in_shards, value_and_grad_apart
from aelab.training.sight import sums_across
from aelab.training.split import split_sums
from aelab.training.state import PyTree, State, projected
from aelab.training.sums import VALUE_AND_GRAD, Given, Sums, gathered, in_parts, only_if, reduce, sums_of


class Keys(NamedTuple):
    """The keys a step folds its number into, by purpose."""

    train: Key[Array, ""]
    corrupt: Key[Array, ""]


class Metrics(NamedTuple):
    """Sums over the examples of one step, all devices: divide by `count` for means."""

    count: Float[Array, ""]
    loss: dict[str, Float[Array, ""]]  # by player, nats
    terms: dict[str, Float[Array, ""]]  # by name, nats
    counts: dict[str, Float[Array, ""]] = {}  # noqa: RUF012 - examples by player, where any misses steps


def make_step(
    experiment: Experiment,
    *,
    axis_name: str | None = None,
    skip: bool = False,
    parts: int = 1,
    shards: int = 0,
    layout: Layout | None = None,
) -> Callable[..., tuple[State, Metrics]]:
    """The step `(state, rows, key, hyper) -> (state, metrics)` of all players, each from the parameters before it.

    `rows` are a batch, or what a further argument `read(rows)` makes a batch of.

    The mean over the global batch is taken here and nowhere else: sums are reduced over `axis_name` and divided once,
    so rows of weight 0 and any split over devices change nothing.

    With `skip`, a step whose loss, gradient or outcome is not finite leaves all as it was: it counts no examples, and
    one in `extra["skipped"]`. The sums are taken over so many `parts` of the batch, one after the other. With `shards`,
    a batch is cut into as many first, rows that are not read yet too, and no number of devices changes a bit. With a
    `layout` the state is split over the devices of its axis.
    """
    players, losses = experiment.all_players(), experiment.losses(gathered(axis_name))
    gradient = value_and_grad_apart if shards else VALUE_AND_GRAD
    sum_up = partial(sums_of, players, losses, gradient_of=lambda name: gradient)

    def step(
        state: State,
        rows: PyTree,
        key: Key[Array, ""],
        hyper: Hyper,
        read: Callable[[PyTree], Batch] = lambda rows: rows,
    ) -> tuple[State, Metrics]:
        if not shards and not layout:
            rows, read = read(rows), lambda batch: batch
        key = jax.random.fold_in(key, state.step)  # draws below are keyed by batch.index: the same on any devices
        due = {n: None if p.every == 1 else (state.step + 1) % p.every == 0 for n, p in players.items()}

        def sums(given: Given, rows: PyTree) -> tuple[Array, dict[str, Sums]]:
            return in_parts(partial(sum_up, given), read(rows), parts)

        given = Given(state, key, hyper, due)
        if shards and experiment.across:
            count, summed = sums_across(experiment, given, rows, read, shards, axis_name)
        elif shards:
            count, summed = in_shards(sums, given, rows, shards, axis_name)  # one all-gather
        elif layout:
            count, summed = split_sums(layout, players, losses, given, read(rows), parts)
        else:
            count, summed = reduce(sums(given, rows), axis_name)  # one all-reduce
        counts = counts_of(count, due)
        params, opt_state, extra = state.params, dict(state.opt_state), dict(state.extra)
        for name, player in players.items():
            move = partial(moved, name, player, state, summed[name], count, hyper)
            changes, opt_state[name], kept = only_if(due[name], move, partial(unmoved, name, player, state))
            own: PyTree = optax.apply_updates(own_parameters(params, player.parts), changes)
            params = with_own(params, own)
            extra |= kept
        after = State(state.step + 1, projected(players, params, extra), opt_state, extra)
        metrics = metrics_of(summed, count, counts)
        after, metrics = unless_finite(state, after, metrics) if skip else (after, metrics)
        return layout.keep(after) if layout else after, metrics

    return step


def counts_of(count: Float[Array, ""], due: dict[str, Bool[Array, ""] | None]) -> dict[str, Float[Array, ""]]:
    """The examples that each player saw; none where nobody misses any. A name tells its player among all of them."""
    if all(at is None for at in due.values()):
        return {}
    return {name: count if at is None else jnp.where(at, count, 0) for name, at in due.items()}


def metrics_of(summed: dict[str, Sums], count: Float[Array, ""], counts: dict[str, Float[Array, ""]]) -> Metrics:
    """The sums of all players under the names by which they are recorded."""
    terms = recorded({name: own.terms for name, own in summed.items()})
    return Metrics(count, {name: own.loss for name, own in summed.items()}, terms, counts)


def moved(name: str, player: Player, state: State, sums: Sums, count: Float[Array, ""], hyper: Hyper):
    """Changes of a player's parameters, its optimizer's state, and its extra by name, after the step."""
    own = own_parameters(state.params, player.parts)
    grads = jax.tree.map(lambda g: g / count, sums.grads)
    optimizer = player.optimizer(hyper.of(name))
    changes, opt_state = optimizer.update(grads, state.opt_state[name], own)
    if not player.record.advance:
        return changes, opt_state, {}
    before = state.extra[name]
    after = player.record.advance(before, {**sums.updates, "count": count}, state.step, hyper.of(name))
    if jax.tree.map(jnp.shape, after) != jax.tree.map(jnp.shape, before):
        raise ConfigError(f"players: `advance` of {name!r} gives another structure or other shapes than its `init`")
    return changes, opt_state, {name: jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, before)}


def unmoved(name: str, player: Player, state: State):
    """The same in a step in which the player does not move."""
    changes = jax.tree.map(jnp.zeros_like, own_parameters(state.params, player.parts))
    return changes, state.opt_state[name], {name: state.extra[name]} if player.record.advance else {}


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
    counts = jax.tree.map(lambda count: jnp.where(good, count, 0), metrics.counts)
    return kept, metrics._replace(count=jnp.where(good, metrics.count, 0), counts=counts)


def make_chunk(step: Callable, batch_of: Callable[[PyTree, PyTree], Batch], corruption: Callable | None = None):
    """Many steps in one program: `(state, resident, plan, keys, hyper) -> (state, metrics of every step)`.

    A scan over the rows of `plan`; `batch_of(resident, row)` makes the batch of one, `corruption(key, batch, hyper)`
    spoils its inputs.
    """

    def chunk(state: State, resident: PyTree, plan: PyTree, keys: Keys, hyper: Hyper) -> tuple[State, Metrics]:
        def body(state: State, row: PyTree) -> tuple[State, Metrics]:
            def read(rows: PyTree) -> Batch:
                batch = batch_of(resident, rows)
                if corruption is not None:
                    batch = corruption(jax.random.fold_in(keys.corrupt, state.step), batch, hyper)
                return batch

            return step(state, row, keys.train, hyper, read)

        return jax.lax.scan(body, state, plan)

    return chunk

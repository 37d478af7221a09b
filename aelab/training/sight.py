"""Virtual shards of losses that look across a batch: what its parts tell each other, and the gradient of that.

A part cannot see the others while it is computed. So each part first computes what its loss gathers. Then each is given
the rows of all, and adds to its sums and its gradient the slope in what it was given. These slopes are added up, and
last each part carries those in its own rows back to the parameters. It is the gradient of the whole batch, for the
memory of one part; the encoder is computed twice.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.batch import Batch
from aelab.experiment import Experiment
from aelab.experiment.player import own_parameters, with_own
from aelab.training.shards import apart, in_shards, rows_of_all, rows_of_device, value_and_grad_apart
from aelab.training.state import PyTree
from aelab.training.sums import Given, Sums, blank_padding, sums_of


def sums_across(
    experiment: Experiment,
    given: Given,
    rows: PyTree,
    read: Callable[[PyTree], Batch],
    shards: int,
    axis_name: str | None,
) -> tuple[Float[Array, ""], dict[str, Sums]]:
    """How many examples there are, and the sums of every player, over the shards of all devices."""
    players = experiment.all_players()
    across = [name for name, player in players.items() if player.record.across]
    tell = partial(told, experiment, shards)

    def tell_all(given: Given, rows: PyTree) -> dict[str, PyTree]:
        return {name: tell(name, given, read(rows), own_of(given, name)) for name in across}

    def own_of(given: Given, name: str) -> PyTree:
        return own_parameters(given.state.params, players[name].parts)

    def sums(both: tuple, rows: PyTree) -> tuple[Array, dict[str, Sums]]:
        given, seen = both
        sights = {name: Sight(seen.get(name, [])) for name in players}
        losses = {name: experiment.losses(sight.gather)[name] for name, sight in sights.items()}
        return sums_of(players, losses, given, read(rows), lambda name: sights[name].gradient)

    def carry_back(given: Given, both: tuple) -> dict[str, PyTree]:
        (rows, slopes), found = both, {}
        for name in across:
            numbers = lambda own, name=name: floating(tell(name, given, read(rows), own))  # noqa: E731
            back = apart(jax.vjp(numbers, own_of(given, name))[1])
            (found[name],) = back(slopes[name])
        return found

    seen = rows_of_all(tell_all, given, rows, shards, axis_name)
    count, summed = in_shards(sums, (given, seen), rows, shards, axis_name)
    slopes = {name: rows_of_device(summed[name].grads[1], rows, axis_name) for name in across}
    rest = in_shards(carry_back, given, (rows, slopes), shards, axis_name)
    grads = {name: own.grads[0] for name, own in summed.items()}
    grads |= {name: jax.tree.map(jnp.add, grads[name], more) for name, more in rest.items()}
    return count, {name: own._replace(grads=grads[name]) for name, own in summed.items()}


def told(experiment: Experiment, shards: int, name: str, given: Given, batch: Batch, own: PyTree) -> list[PyTree]:
    """What the loss of a player gathers of a part of the batch, in the order in which it does.

    What it is given in return are NaN, so a loss that gathers what depends on what it was given is never finite.
    """
    said = []

    def gather(tree: PyTree) -> PyTree:
        said.append(tree)
        return jax.tree.map(partial(_nothing, shards), tree)

    params, state = with_own(given.state.params, own), given.state
    loss = experiment.losses(gather)[name]
    loss(params, given.key, blank_padding(batch), step=state.step, hyper=given.hyper, extra=state.extra)
    return said


def _nothing(shards: int, rows: Array) -> Array:
    """In place of the rows of all parts."""
    blank = jnp.nan if jnp.issubdtype(rows.dtype, jnp.inexact) else 0
    return jnp.full((shards * len(rows), *rows.shape[1:]), blank, rows.dtype)


def floating(tree: PyTree) -> list[Array]:
    """The arrays of a tree that have a slope."""
    return [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.inexact)]


class Sight:
    """What a loss is given for what it gathers: the rows of the whole batch, in which its gradient is taken too."""

    def __init__(self, seen: list[PyTree]):
        self._seen, self._now = seen, iter(seen)

    def gather(self, tree: PyTree) -> PyTree:
        """The rows of all parts, where those of one are `tree`."""
        return next(self._now)

    def gradient(self, weighted: Callable) -> Callable:
        """`value_and_grad_apart(weighted)`, whose gradient is that in the parameters and that in what is seen."""
        leaves, form = jax.tree.flatten(self._seen)

        def of_both(both: tuple):
            own, moving = both[0], iter(both[1])
            now = [next(moving) if jnp.issubdtype(leaf.dtype, jnp.inexact) else leaf for leaf in leaves]
            self._now = iter(jax.tree.unflatten(form, now))
            return weighted(own)

        return lambda own: value_and_grad_apart(of_both)((own, floating(self._seen)))

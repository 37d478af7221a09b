"""The sums of a step whose parameters are split over devices: each device takes its rows and its part of gradients."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
from jaxtyping import Array, Float

from aelab.devices.layout import WHOLE, Layout
from aelab.experiment.player import Player, own_parameters
from aelab.training.state import PyTree
from aelab.training.sums import Given, Sums, in_parts, reduce, sums_of


def split_sums(
    layout: Layout,
    players: Mapping[str, Player],
    losses: Mapping[str, Callable],
    given: Given,
    rows: PyTree,
    parts: int,
) -> tuple[Float[Array, ""], dict[str, Sums]]:
    """How many examples there are, and the sums over all devices of the one player; its gradient stays split."""
    ((name, player),) = players.items()
    params, state = given.state.params, given.state._replace(params={}, opt_state={})
    specs = own_parameters(jax.tree.map(layout.over_rows, params), player.parts)
    gradient = layout.gathering(specs)

    def of_device(params: PyTree, given: Given, rows: PyTree) -> tuple[Array, dict[str, Sums]]:
        given = given._replace(state=given.state._replace(params=params))
        sums = partial(sums_of, players, losses, given, gradient_of=lambda name: gradient)
        count, found = in_parts(sums, rows, parts)
        return _over_devices(count, found, name, specs, layout.axis_name)

    out: Any = (WHOLE, WHOLE, WHOLE, specs)
    return layout.on_each(of_device, params, given._replace(state=state), rows, (WHOLE, {name: Sums(*out)}))


def _over_devices(count: Array, found: dict[str, Sums], name: str, specs: PyTree, axis_name: str):
    """The sums over devices of all that the gradient has not added up already: one all-reduce."""
    grads, form = jax.tree.flatten(found[name].grads)
    kept_whole = [axis_name not in spec for spec in jax.tree.leaves(specs)]
    rest = [leaf for leaf, whole in zip(grads, kept_whole, strict=True) if whole]
    count, sums = reduce((count, found[name]._replace(grads=rest)), axis_name)
    added = iter(sums.grads)
    grads = [next(added) if whole else leaf for leaf, whole in zip(grads, kept_whole, strict=True)]
    return count, {name: sums._replace(grads=form.unflatten(grads))}

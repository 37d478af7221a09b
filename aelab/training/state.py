"""What training carries from step to step."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from aelab.batch import Hyper
from aelab.data.source import Spec
from aelab.experiment import Experiment, Player
from aelab.experiment.averages import keeper, scored, settled
from aelab.experiment.player import own_parameters, with_own

PyTree = Any


class State(NamedTuple):
    """Arrays only; a model alone has one player, `"model"`."""

    step: Int[Array, ""]  # steps taken
    params: dict[str, PyTree]  # of the model, `"model"`, and of networks beside it
    opt_state: dict[str, PyTree]  # by player
    extra: dict[str, PyTree]  # what continues without a gradient: by player, and `"skipped"`, the steps left out


def initial_state(experiment: Experiment, params: PyTree, hyper: Hyper, extra: PyTree = None) -> State:
    """State at step 0: fresh optimizers around `params`, each for the parts that its player moves."""
    opt_state = {
        name: player.optimizer(hyper.of(name)).init(own_parameters(params, player.parts))
        for name, player in experiment.all_players().items()
    }
    return State(jnp.zeros((), jnp.int32), params, opt_state, extra or {})


def initial_extra(experiment: Experiment, params: PyTree, spec: Spec, hyper: Hyper) -> dict[str, PyTree]:
    """What the objectives keep besides parameters, by player, at step 0."""
    made = {name: player.record for name, player in experiment.all_players().items()}
    return {name: own.init(params, spec, hyper.of(name)) for name, own in made.items() if own.init}


def evaluated(experiment: Experiment, state: State) -> PyTree:
    """The parameters that are scored, drawn and loaded: what optimizers keep for that, else those that are trained."""
    params, players = state.params, experiment.all_players()
    for name, player in players.items():
        if (kept := keeper(state.opt_state.get(name, ()))) is not None:
            params = with_own(params, scored(kept, own_parameters(state.params, player.parts)))
    return params if params is state.params else projected(players, params, state.extra)


def scored_state(experiment: Experiment, state: State) -> State:
    """The state with the parameters that are scored, and without its optimizers, which do not go on from there."""
    return state._replace(params=evaluated(experiment, state), opt_state={})


def settled_on(experiment: Experiment, last: State, best: State) -> State:
    """The state at the step of `last` whose scored parameters, and what objectives keep, are those of `best`."""
    players = experiment.all_players()
    opt_state = {
        name: settled(own, own_parameters(best.params, players[name].parts)) for name, own in last.opt_state.items()
    }
    skipped = {name: last.extra[name] for name in ("skipped",) if name in last.extra}
    return last._replace(params=best.params, opt_state=opt_state, extra={**best.extra, **skipped})


def projected(players: Mapping[str, Player], params: PyTree, extra: Mapping[str, PyTree]) -> PyTree:
    """The parameters where the objectives of all players want them, one after the other."""
    for name, player in players.items():
        if player.record.project:
            params = player.record.project(params, extra.get(name, {}))
    return params

"""What training carries from step to step."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from aelab.batch import Hyper
from aelab.experiment.optimizers import Optimizer

PyTree = Any


class State(NamedTuple):
    """Arrays only; `params` and `opt_state` are dicts by player (a plain model has one, `"model"`)."""

    step: Int[Array, ""]  # steps taken
    params: dict[str, PyTree]
    opt_state: dict[str, PyTree]
    extra: dict[str, PyTree]  # what continues without a gradient


def initial_state(params: PyTree, optimizers: Mapping[str, Optimizer], hyper: Hyper, extra: PyTree = None) -> State:
    """State at step 0: fresh optimizers around `params`."""
    opt_state = {player: make(hyper).init(params[player]) for player, make in optimizers.items()}
    return State(jnp.zeros((), jnp.int32), params, opt_state, extra or {})

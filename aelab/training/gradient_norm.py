"""How long the gradient of a training step is: for whoever looks on, and of no effect on the training."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

from aelab.devices import processes, programs
from aelab.experiment import Experiment
from aelab.experiment.player import own_parameters, with_own
from aelab.seeds import Purpose
from aelab.training.state import State
from aelab.training.trainer import Trainer


def gradient_norms(trainer: Trainer, state: State) -> dict[str, float]:
    """‖∇ mean loss‖₂ by player, in its own parameters and before any clipping, nats: of the last batch, after its step.

    The only player is called `train/gradient_norm`, one of several `train/gradient_norm:NAME`. Nothing is computed
    where several processes train together.
    """
    if processes.team().count > 1:  # a program that one process runs alone would wait for the others for ever
        return {}
    step, key = max(int(state.step) - 1, 0), trainer.key(Purpose.TRAIN)
    params, extra = programs.on_one_device((state.params, state.extra))
    key = jax.random.fold_in(key, step)
    found = _norms(trainer.experiment, params, extra, key, trainer.batch(step), jnp.int32(step), trainer.hyper)
    alone = len(found) == 1
    return {"train/gradient_norm" + ("" if alone else f":{name}"): float(norm) for name, norm in found.items()}


@partial(jax.jit, static_argnums=0)
def _norms(experiment: Experiment, params, extra, key, batch, step, hyper) -> dict[str, jax.Array]:
    losses, found = experiment.losses(), {}
    for name, player in experiment.all_players().items():

        def mean(own, name=name):
            given = {"step": step, "hyper": hyper, "extra": extra}
            return losses[name](with_own(params, own), key, batch, **given).value.mean()

        found[name] = optax.tree.norm(jax.grad(mean)(own_parameters(params, player.parts)))
    return found

"""The state that training starts from: fresh from a seed, or zeros of the same structure."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from aelab.batch import Batch, Hyper
from aelab.config import Config
from aelab.data.source import Spec
from aelab.devices import memory
from aelab.errors import ConfigError
from aelab.evaluation.layers import size_in_bytes
from aelab.experiment import Experiment, hyper
from aelab.model import PyTree
from aelab.seeds import Purpose, key_for, key_shape
from aelab.training.state import State, initial_state


def fresh_state(experiment: Experiment, spec: Spec, seed: int, hyper: Hyper, *, skip: bool = False) -> State:
    """The state at step 0, a function of the seed alone.

    It comes from one compiled program: code that runs operation by operation would give other bits. `skip` adds the
    count of steps that were left out.
    """
    import jax

    return jax.device_get(_maker(experiment, spec, skip)(key_for(seed, Purpose.INIT), hyper))


def state_shapes(experiment: Experiment, spec: Spec, config: Config) -> State:
    """Shapes and types of a run's state; nothing is computed."""
    import jax

    return jax.eval_shape(_maker(experiment, spec, config.on_nonfinite == "skip"), key_shape(), hyper(config, 1, 1))


def blank_state(experiment: Experiment, spec: Spec, config: Config) -> State:
    """Zeros in the structure of a run's state, into which a checkpoint is read. Nothing is computed.

    Raises:
        ConfigError: the state needs more than the memory of this machine.
    """
    import jax

    shapes = state_shapes(experiment, spec, config)
    need, have = size_in_bytes(shapes), memory.total()
    if need > have:
        raise ConfigError(f"the model needs {need / 2**30:,.0f} GiB, and this machine has {have / 2**30:,.0f}")
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)


@lru_cache(maxsize=8)
def _maker(experiment: Experiment, spec: Spec, skip: bool) -> Callable:
    """`(key, hyper) -> state`; runs of one recipe share the compiled program."""
    import jax
    import jax.numpy as jnp

    def make(key, hyper: Hyper):
        params = fresh_params(experiment, spec, key, hyper)
        extra = {"skipped": jnp.int32(0)} if skip else {}
        return initial_state(params, {"model": experiment.optimizer}, hyper, extra)

    return jax.jit(make)


def fresh_params(experiment: Experiment, spec: Spec, key, hyper: Hyper) -> PyTree:
    """Fresh parameters for events of a spec. A conditional model also sees the condition that the corruption makes."""
    import jax.numpy as jnp

    x = jnp.zeros((1, *spec.shape))
    if experiment.corruption is None or not experiment.model.conditional:
        return experiment.model.init(key, x)
    return experiment.model.init(key, x, condition=experiment.corruption(key, Batch(x, x), hyper).condition)

"""The state that training starts from: fresh from a seed, or zeros of the same structure."""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from aelab.batch import Batch, Hyper
from aelab.config import Config
from aelab.data.source import Spec
from aelab.devices import memory
from aelab.devices.layout import Layout
from aelab.errors import ConfigError
from aelab.evaluation.layers import size_in_bytes
from aelab.experiment import Experiment, hyper
from aelab.model import PyTree
from aelab.seeds import Purpose, key_for, key_named, key_shape
from aelab.training.state import State, initial_extra, initial_state, projected


def fresh_state(
    experiment: Experiment, spec: Spec, seed: int, hyper: Hyper, *, skip: bool = False, layout: Layout | None = None
) -> State:
    """The state at step 0, a function of the seed alone.

    It comes from one compiled program: code that runs operation by operation would give other bits. `skip` adds the
    count of steps that were left out. With a `layout`, devices make their own parts of it.
    """
    import jax

    given = key_for(seed, Purpose.INIT), hyper
    if layout is None:
        return jax.device_get(_maker(experiment, spec, skip)(*given))
    return layout.made(partial(made_from, experiment, spec, skip=skip), *given)


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
        said = f"{need / 2**30:,.0f} GiB, and this machine has {have / 2**30:,.0f}"
        raise ConfigError(f"the model needs {said}; make its layers smaller")
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)


@lru_cache(maxsize=8)
def _maker(experiment: Experiment, spec: Spec, skip: bool) -> Callable:
    """`(key, hyper) -> state`; runs of one recipe share the compiled program."""
    import jax

    return jax.jit(lambda key, hyper: made_from(experiment, spec, key, hyper, skip=skip))


def made_from(experiment: Experiment, spec: Spec, key, hyper: Hyper, *, skip: bool = False) -> State:
    """The state at step 0, traced: `fresh_state` compiles it."""
    return state_around(experiment, spec, fresh_params(experiment, spec, key, hyper), hyper, skip=skip)


def state_around(experiment: Experiment, spec: Spec, params: PyTree, hyper: Hyper, *, skip: bool = False) -> State:
    """The state at step 0 whose parameters are `params`, put where the objectives want them."""
    import jax.numpy as jnp

    extra = initial_extra(experiment, params, spec, hyper)
    params = projected(experiment.all_players(), params, extra)
    return initial_state(experiment, params, hyper, extra | ({"skipped": jnp.int32(0)} if skip else {}))


def fresh_params(experiment: Experiment, spec: Spec, key, hyper: Hyper) -> PyTree:
    """Fresh parameters for events of a spec, of the model and of the networks beside it.

    A conditional model also sees a condition: that of the set, or the one that the corruption makes.
    """
    import jax.numpy as jnp

    x = jnp.zeros((1, *spec.shape))
    beside = {name: init(key_named(key, name)) for name, init in experiment.networks.items()}
    condition = jnp.zeros((1, *spec.side)) if spec.condition else None
    if condition is None and experiment.corruption is not None and experiment.model.conditional:
        condition = experiment.corruption(key, Batch(x, x), hyper).condition
    params = experiment.model.init(key, x, condition=condition) | beside
    return experiment.fresh(params) if experiment.fresh else params

"""An experiment: the recipe as one Python value, and how a finished run becomes that value again."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.batch import Hyper
from aelab.checkpoints import Checkpoints, Restored
from aelab.config import Config, from_json
from aelab.data.source import Spec
from aelab.errors import CheckpointError, ConfigError
from aelab.model import Autoencoder, PyTree
from aelab.runs import Run
from aelab.seeds import Purpose, key_for
from aelab.training.optimizers import optimizer as make_optimizer
from aelab.training.state import Optimizer, State, initial_state


class Experiment(NamedTuple):
    """What a script builds from its config and the data's spec."""

    model: Autoencoder
    objective: Callable  # (model, params, key, batch, *, step, hyper, extra) -> Loss
    optimizer: Optimizer
    corruption: Callable | None = None  # (key, batch, hyper) -> batch


def optimizer(config: Config) -> Optimizer:
    """The optimizer a config describes."""
    return make_optimizer(
        config.optimizer,
        schedule=config.schedule,
        warm=config.warmup > 0,
        decay=config.weight_decay > 0,
        clipped=config.clip > 0,
    )


def hyper(config: Config, steps_per_epoch: int, total_steps: int) -> Hyper:
    """The traced numbers of a config, its epochs turned into steps; a field the config lacks keeps its default."""
    own = {name: getattr(config, name) for name in Hyper._fields if hasattr(config, name)}
    for name in ("warmup", "beta_warmup"):
        own[name] = own.get(name, 0.0) * steps_per_epoch
    return Hyper(**{**own, "steps": total_steps})


def fresh_state(experiment: Experiment, spec: Spec, seed: int, hyper: Hyper) -> State:
    """State at step 0, a function of the seed alone: one compiled program, whose bits eager code would not repeat."""
    import jax
    import jax.numpy as jnp

    def make(key):
        params = experiment.model.init(key, jnp.zeros((1, *spec.shape)))
        return initial_state(params, {"model": experiment.optimizer}, hyper)

    return jax.device_get(jax.jit(make)(key_for(seed, Purpose.INIT)))


def read_config(run: Run, *, trust: bool = False) -> tuple[Config, Callable]:
    """The config of a run and the `build` of the script it names.

    Only scripts of the installed `experiments` package are imported, unless `trust` allows any module.

    Raises:
        ConfigError: not a run folder, or a script that may not be imported.
    """
    stored = run.read("config.json")
    if not stored:
        raise ConfigError(f"{run.path}: not a run folder (no config.json)")
    name = stored["experiment"]
    if not trust and not name.startswith("experiments."):
        raise ConfigError(f"{run.path}: made by {name}, outside this package; aelab.load(run, trust=True) imports it")
    script = importlib.import_module(name)
    return from_json(script.Config, stored["config"]), script.build


def read_state(run: Run, template: State) -> Restored:
    """The newest good checkpoint of a run.

    Raises:
        CheckpointError: there is none.
    """
    folder = run.path / "checkpoints"
    restored = Checkpoints(folder).restore(template) if folder.is_dir() else None
    if restored is None:
        raise CheckpointError(f"{folder}: no checkpoint; train the run first")
    return restored


def load(path: str | Path, *, trust: bool = False) -> tuple[Autoencoder, PyTree, Config]:
    """`(model, params, config)` of a run folder, without its data.

    Raises:
        ConfigError: not a run folder, or made by a script outside this package (`trust=True` imports it all the same).
        CheckpointError: no checkpoint that verifies.
    """
    run = Run(Path(path))
    config, build = read_config(run, trust=trust)
    spec = read_spec(run)
    experiment = build(config, spec)
    restored = read_state(run, fresh_state(experiment, spec, config.seed, Hyper()))
    return experiment.model, restored.state.params, config


def read_spec(run: Run) -> Spec:
    """What the manifest says of the run's data.

    Raises:
        ConfigError: no manifest.
    """
    stored: dict[str, Any] = run.read("manifest.json").get("data", {}).get("spec", {})
    if not stored:
        raise ConfigError(f"{run.path / 'manifest.json'}: missing, so the shape of the data is unknown")
    return Spec(**{name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()})  # ty: ignore[invalid-argument-type]


def start_from(experiment: Experiment, spec: Spec, path: str) -> PyTree:
    """The parameters of another run, held against the shapes of this experiment's.

    Raises:
        ConfigError: they do not fit this model.
    """
    import jax

    theirs = load(path)[1]
    mine = jax.eval_shape(experiment.model.init, jax.random.key(0), jax.ShapeDtypeStruct((1, *spec.shape), "float32"))
    if jax.tree.map(np.shape, theirs) != jax.tree.map(np.shape, mine):
        raise ConfigError(f"--init-from: the parameters of {path} do not fit this model; use the same net and sizes")
    return theirs

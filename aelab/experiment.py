"""An experiment: the recipe as one Python value, and how a finished run becomes that value again."""

import importlib
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from aelab import forms, memory
from aelab.batch import Batch, Hyper
from aelab.checkpoints import Checkpoints, Restored
from aelab.config import Config, check, from_json
from aelab.data.source import Spec
from aelab.errors import CheckpointError, ConfigError
from aelab.evaluation.layers import size_in_bytes
from aelab.model import Autoencoder, PyTree
from aelab.runs import SCHEMA, Run
from aelab.seeds import Purpose, key_for
from aelab.training.optimizers import optimizer as make_optimizer
from aelab.training.state import Optimizer, State, initial_state

LARGEST = 2**28  # entries of an event


class Experiment(NamedTuple):
    """What a script builds from its config and the data's spec."""

    model: Autoencoder
    objective: Callable  # (model, params, key, batch, *, step, hyper, extra) -> Loss
    optimizer: Optimizer
    corruption: Callable | None = None  # (key, batch, hyper) -> batch; gives a conditional model its condition

    def shown(self, key: Any, hyper: Hyper) -> Callable:
        """`batch -> batch` as it is scored and drawn: whole, with a condition where the model needs one."""
        corruption = self.corruption
        if corruption is None or not self.model.conditional:
            return lambda batch: batch
        return lambda batch: corruption(key, batch, hyper)


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


def fresh_state(experiment: Experiment, spec: Spec, seed: int, hyper: Hyper, *, skip: bool = False) -> State:
    """State at step 0, a function of the seed alone: one compiled program, whose bits eager code would not repeat.

    `skip` makes room for the count of the steps that were left out.
    """
    import jax

    return jax.device_get(_maker(experiment, spec, skip)(key_for(seed, Purpose.INIT), hyper))


def state_shapes(experiment: Experiment, spec: Spec, config: Config) -> State:
    """Shapes and types of a run's state; nothing is computed."""
    import jax

    return jax.eval_shape(_maker(experiment, spec, config.on_nonfinite == "skip"), jax.random.key(0), Hyper())


def blank_state(experiment: Experiment, spec: Spec, config: Config) -> State:
    """Zeros in the structure of a run's state: what a checkpoint is read into. Nothing is computed.

    Raises:
        ConfigError: more than the memory of this machine.
    """
    import jax

    shapes = state_shapes(experiment, spec, config)
    need, have = size_in_bytes(shapes), memory.total()
    if need > have:
        raise ConfigError(f"the model needs {need / 2**30:,.0f} GiB, and this machine has {have / 2**30:,.0f}")
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)


def rebuild(run: Run, config: Config, build: Callable, spec: Spec) -> tuple[Experiment, State]:
    """The experiment of a run, and its blank state.

    Raises:
        ConfigError: no model can be made of the config, or none that this machine can hold; names the file.
    """
    try:
        experiment = build(config, spec)
        return experiment, blank_state(experiment, spec, config)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:  # whatever a library says of absurd sizes
        raise ConfigError(f"{run.path / 'config.json'}: {str(error).splitlines()[0][:200]}") from None


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
    """Parameters for events of that spec, and for the condition that the corruption gives them, if it gives any."""
    import jax.numpy as jnp

    x = jnp.zeros((1, *spec.shape))
    if experiment.corruption is None or not experiment.model.conditional:
        return experiment.model.init(key, x)
    return experiment.model.init(key, x, condition=experiment.corruption(key, Batch(x, x), hyper).condition)


def read_config(run: Run, *, trust: bool = False) -> tuple[Config, Callable]:
    """The config of a run and the `build` of the script it names.

    Only scripts of the installed `experiments` package are imported, unless `trust` allows any module.

    Raises:
        ConfigError: not a run folder, or a script that may not be imported.
    """
    stored = run.read("config.json")
    if not stored:
        raise ConfigError(f"{run.path}: not a run folder (no config.json)")
    return recipe(stored, run.path / "config.json", trust=trust)


def recipe(stored: Mapping[str, Any], path: Path, *, trust: bool = False) -> tuple[Config, Callable]:
    """Config and `build` from the `experiment` and `config` that a file of a run states."""
    if stored.get("schema") != SCHEMA:
        raise ConfigError(f"{path}: schema {stored.get('schema')} of another version of aelab (this has {SCHEMA})")
    name, fields = stored.get("experiment"), stored.get("config")
    if not isinstance(name, str) or not isinstance(fields, dict):
        raise ConfigError(f"{path}: says no experiment or no config; restore the file")
    if not trust and not name.startswith("experiments."):
        raise ConfigError(f"{path}: made by {name}, outside this package; aelab.load(run, trust=True) imports it")
    try:
        script = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{path}: made by {name}, which is not here ({error})") from None
    if not hasattr(script, "Config") or not hasattr(script, "build"):
        raise ConfigError(f"{path}: made by {name}, which is no script that trains one run; restore the file")
    try:
        config = from_json(script.Config, fields)
        check(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config, script.build


def read_state(run: Run, template: State, which: Literal["last", "best"] = "last") -> Restored:
    """The newest good checkpoint of a run, or that of its lowest validation loss, which has no optimizer in it.

    Raises:
        CheckpointError: there is none.
    """
    folder = run.path / {"last": "checkpoints", "best": "best"}[which]
    template = template if which == "last" else template._replace(opt_state={})
    restored = Checkpoints(folder, read_only=True).restore(template) if folder.is_dir() else None
    if restored is None:
        raise CheckpointError(f"{folder}: no checkpoint; train the run first")
    return restored


def load(
    path: str | Path, which: Literal["last", "best"] = "last", *, trust: bool = False
) -> tuple[Autoencoder, PyTree, Config]:
    """`(model, params, config)` of a run folder, without its data: its last state, or the best on validation.

    Raises:
        ConfigError: not a run folder, or made by a script outside this package (`trust=True` imports it all the same).
        CheckpointError: no checkpoint that verifies.
    """
    run = Run(Path(path))
    config, build = read_config(run, trust=trust)
    spec = read_spec(run)
    experiment, blank = rebuild(run, config, build, spec)
    restored = read_state(run, blank, which)
    return experiment.model, restored.state.params, config


def read_spec(run: Run) -> Spec:
    """What the manifest says of the run's data.

    Raises:
        ConfigError: no manifest.
    """
    stored: dict[str, Any] = run.read("manifest.json").get("data", {}).get("spec", {})
    if not stored:
        raise ConfigError(f"{run.path / 'manifest.json'}: missing, so the shape of the data is unknown")
    if wrong := forms.misfit(stored, forms.SpecForm, "data.spec") or _absurd(stored):
        raise ConfigError(f"{run.path / 'manifest.json'}: {wrong}; restore the file")
    return Spec(**{name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()})  # ty: ignore[invalid-argument-type]


def _absurd(spec: Mapping[str, Any]) -> str:
    """What is wrong with a spec whose fields are of the right types; "" where nothing is."""
    shape = spec["shape"]
    if not 1 <= len(shape) <= 3 or min(shape) < 1 or math.prod(shape) > LARGEST:
        return f"no event is of shape {str(shape)[:80]}"
    unknown = spec.keys() - set(Spec._fields)
    return f"data.spec.{min(unknown)} is unknown to this version" if unknown else ""


def start_from(experiment: Experiment, spec: Spec, path: str) -> PyTree:
    """The parameters of another run, held against the shapes of this experiment's.

    Raises:
        ConfigError: they do not fit this model.
    """
    import jax

    theirs = load(path)[1]
    mine = jax.eval_shape(lambda key: fresh_params(experiment, spec, key, Hyper()), jax.random.key(0))
    if jax.tree.map(np.shape, theirs) != jax.tree.map(np.shape, mine):
        raise ConfigError(f"--init-from: the parameters of {path} do not fit this model; use the same net and sizes")
    return theirs

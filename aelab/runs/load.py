"""A finished run becomes a model, its parameters and its config again."""

import importlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from aelab.batch import Hyper
from aelab.config import Config, check, from_json
from aelab.config.json_form import misfit
from aelab.data.source import Spec
from aelab.errors import CheckpointError, ConfigError
from aelab.experiment import Experiment
from aelab.model import Autoencoder, PyTree
from aelab.runs import schema
from aelab.runs.checkpoints import Checkpoints, Restored
from aelab.runs.folder import SCHEMA, Run
from aelab.seeds import key_shape
from aelab.training.initial import blank_state, fresh_params
from aelab.training.state import State

LARGEST = 2**28  # entries of an event


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
    if wrong := misfit(stored, schema.SpecForm, "data.spec") or _absurd(stored):
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
    mine = jax.eval_shape(lambda key: fresh_params(experiment, spec, key, Hyper()), key_shape())
    if jax.tree.map(np.shape, theirs) != jax.tree.map(np.shape, mine):
        raise ConfigError(f"--init-from: the parameters of {path} do not fit this model; use the same net and sizes")
    return theirs

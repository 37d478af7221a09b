"""A finished run becomes a model, its parameters and its config again."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from aelab.config import Config, check, from_json
from aelab.config.json_form import misfit
from aelab.data import columns
from aelab.data.source import Spec
from aelab.errors import CheckpointError, ConfigError
from aelab.experiment import Experiment
from aelab.model import Autoencoder, PyTree
from aelab.runs import exported, own_scripts, schema, scripts
from aelab.runs.checkpoints import Checkpoints, Restored
from aelab.runs.folder import Run, require_schema
from aelab.runs.own_scripts import Trust
from aelab.training.initial import blank_state
from aelab.training.state import State, evaluated

LARGEST = 2**28  # entries of an event


def rebuild(run: Run, config: Config, build: Callable, spec: Spec) -> tuple[Experiment, State]:
    """The experiment of a run, and its blank state.

    Raises:
        ConfigError: no model can be made of the config, or none that this machine can hold; names the file.
    """
    try:
        experiment = build(config, spec)
        return experiment, blank_state(experiment, spec, config)
    except ImportError as error:  # of a user's own script
        raise ConfigError(
            f"{run.path / 'config.json'}: its script cannot import what it needs ({error}); install it"
        ) from None
    except (ValueError, TypeError, OverflowError, MemoryError) as error:  # whatever a library says of absurd sizes
        raise ConfigError(f"{run.path / 'config.json'}: {str(error).splitlines()[0][:200]}") from None


def read_config(run: Run, *, trust: Trust = False) -> tuple[Config, Callable]:
    """The config of a run and the `build` of the script it names.

    Only scripts of this package are imported, unless `trust` allows the run's own, or is the file of the script.

    Raises:
        ConfigError: not a run folder, or a script that may not be imported.
    """
    stored = run.read("config.json")
    if not stored:
        raise ConfigError(f"{run.path}: not a run folder (no config.json); aelab info lists runs")
    return recipe(stored, run.path / "config.json", trust=trust)


def recipe(stored: Mapping[str, Any], path: Path, *, trust: Trust = False) -> tuple[Config, Callable]:
    """Config and `build` from the `experiment` and `config` that a file of a run states.

    Raises:
        ConfigError: they cannot be had; names the file.
    """
    require_schema(path, stored)
    if wrong := misfit(dict(stored), schema.Recipe):
        raise ConfigError(f"{path}: {wrong}; restore the file")
    script = _script(stored, path, trust)
    if not hasattr(script, "Config") or not hasattr(script, "build"):
        name = stored["experiment"]
        raise ConfigError(f"{path}: {name} is no script that trains one run; it needs a `Config` and a `build`")
    try:
        config = from_json(script.Config, stored["config"])
        check(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config, script.build


def _script(stored: Mapping[str, Any], path: Path, trust: Trust) -> ModuleType:
    """One of this package by its name, unless the run says that its script is a user's own."""
    if stored["experiment"] == scripts.BY_FIT:
        raise ConfigError(
            f"{path}: aelab.fit trained this run with parts of its caller's own, which no file names; call aelab.fit "
            "again with the same arguments, and it reads the run"
        )
    name = scripts.short(stored["experiment"])
    if not name or stored.get("script"):
        return own_scripts.import_again(stored, path, trust)
    try:
        return scripts.module(name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{path}: made by {stored['experiment']}, which cannot be imported ({error}); install what is missing"
        ) from None


def read_state(run: Run, template: State, which: Literal["last", "best"] = "last") -> Restored:
    """The newest good checkpoint of a run, or that of its lowest validation loss, which has no optimizer in it.

    Raises:
        ConfigError: a model that was exported.
        CheckpointError: there is none.
    """
    folder = run.path / {"last": "checkpoints", "best": "best"}[which]
    run.require_run()
    template = template if which == "last" else template._replace(opt_state={})
    restored = Checkpoints(folder, read_only=True).restore(template) if folder.is_dir() else None
    if restored is None:
        raise CheckpointError(f"{folder}: no checkpoint; train the run first")
    return restored


class RestoredRun(NamedTuple):
    """All that a run folder holds of its training."""

    experiment: Experiment
    state: State  # parameters, and what the objectives keep; of the best state no optimizer was kept
    config: Config
    spec: Spec


def restore(path: str | Path, which: Literal["last", "best"] = "last", *, trust: Trust = False) -> RestoredRun:
    """Experiment, state, config and spec of a run folder, without its data: its last state, or the best on validation.

    Raises:
        ConfigError: not a run folder, or made by a script of somebody's own: `trust=True` imports it, and
            `trust="path/to/script.py"` that file in its place.
        CheckpointError: no checkpoint that verifies.
    """
    run = Run(Path(path))
    config, build = read_config(run, trust=trust)
    spec = read_spec(run)
    experiment, blank = rebuild(run, config, build, spec)
    return RestoredRun(experiment, read_state(run, blank, which).state, config, spec)


def load(
    path: str | Path, which: Literal["last", "best"] = "last", *, trust: Trust = False
) -> tuple[Autoencoder, PyTree, Config]:
    """`(model, params, config)` of a run folder, as `restore` finds them; or of a folder that `aelab export` wrote.

    The parameters are those that were scored: an average of the trained ones, where the run kept one.

    Raises:
        ConfigError, CheckpointError: as `restore`; or the exported parameters are not whole, or of another checkpoint.
    """
    if (run := Run(Path(path))).exported:
        return _load_exported(run, which, trust)
    found = restore(path, which, trust=trust)
    return found.experiment.model, evaluated(found.experiment, found.state), found.config


def _load_exported(run: Run, which: str, trust: Trust) -> tuple[Autoencoder, PyTree, Config]:
    config, build = read_config(run, trust=trust)
    if which == "best" != run.read("config.json").get("checkpoint"):
        raise ConfigError(
            f"{run.path}: the last checkpoint was exported, not the best; export the run with --which best"
        )
    experiment, blank = rebuild(run, config, build, read_spec(run))
    return experiment.model, exported.parameters(run, blank.params), config


def read_spec(run: Run) -> Spec:
    """What the manifest says of the run's data; of an exported model, its config.

    Raises:
        ConfigError: no manifest.
    """
    data = exported.described(run) if run.exported else run.read("manifest.json").get("data", {})
    stored: dict[str, Any] = data.get("spec", {})
    if not stored:
        raise ConfigError(
            f"{run.path / 'manifest.json'}: missing, so the shape of the data is unknown; restore the file"
        )
    if wrong := misfit(stored, schema.SpecForm, "data.spec") or _absurd(stored):
        raise ConfigError(f"{run.path / 'manifest.json'}: {wrong}; restore the file")
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
    fields["columns"] = columns.from_json(stored.get("columns", ()), stored["shape"][-1])
    return Spec(**fields)._replace(examples=_examples(data))  # ty: ignore[invalid-argument-type]


def _examples(data: Mapping[str, Any]) -> int:
    """The size of the training set, 0 where a manifest does not say."""
    found = data.get("splits", {}).get("train", {}).get("examples", 0)
    return found if isinstance(found, int) and found > 0 else 0


def _absurd(spec: Mapping[str, Any]) -> str:
    """What is wrong with a spec whose fields are of the right types; "" where nothing is."""
    shape = spec["shape"]
    if not 1 <= len(shape) <= 3 or min(shape) < 1 or math.prod(shape) > LARGEST:
        return f"no event is of shape {str(shape)[:80]}"
    if unknown := spec.keys() - (set(Spec._fields) - {"examples"}):
        return f"data.spec.{min(unknown)} is unknown to this version"
    try:
        columns.from_json(spec.get("columns", ()), shape[-1])
    except ValueError as error:
        return f"data.spec.columns: {error}"
    return ""

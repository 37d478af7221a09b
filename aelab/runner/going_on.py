"""`--continue-from RUN`: a finished run goes on to more epochs, in a folder of its own.

Draws and data of a step follow from the seed and its number alone. So where nothing in a run depends on how many steps
there will be, the first epochs of a longer run are those of a shorter one, and the longer run is a copy of the shorter
one that is resumed: the same state and the same curves as if it had been planned so from the beginning, in the folder
that it would have had. Its manifest says whose child it is.
"""

import os
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from aelab.config import HOW, LAUNCH, AnyConfig, Config, automatic, before, flag, from_json, stored
from aelab.config.automatic import AUTO
from aelab.errors import ConfigError
from aelab.runs import untrusted
from aelab.runs.atomic import storing
from aelab.runs.folder import Run, require_schema

TAKEN = ("metrics.jsonl", "timings.jsonl", "digests.jsonl", "nonfinite.jsonl", "checkpoints", "best", "events")
ENDED = ("digests", "scores", "params_sha256", "population")  # of a manifest: what says how that run ended


def settled(name: str, config: AnyConfig) -> AnyConfig:
    """The settings of the run that goes on: those of the finished one, with more epochs, carried out as asked for.

    Raises:
        ConfigError: there is no such run, it cannot go on, or a flag says something else than its settings.
    """
    if not config.continue_from:
        return config
    path = config.continue_from
    theirs = _settings(name, type(config), Run(Path(path)))
    _require_unsaid(config, theirs)
    if config.epochs == AUTO or config.epochs <= int(theirs.epochs):
        raise ConfigError(
            f"--epochs: {path} has been trained for {theirs.epochs} already; say how many there are to be in all, as "
            f"--epochs {2 * int(theirs.epochs)}"
        )
    if why := automatic.planned(theirs):
        raise ConfigError(
            f"--continue-from: {path} was planned to {theirs.epochs} epochs, for {why}; start a run of its own from "
            f"its parameters by --init-from {path}"
        )
    return replace(theirs, epochs=config.epochs, **{each: getattr(config, each) for each in _free(theirs)})


def _settings(name: str, kind: type[AnyConfig], parent: Run) -> AnyConfig:
    """The config of a finished run of the same script.

    Raises:
        ConfigError: there is none, or it ended before its last epoch.
    """
    said = f"--continue-from: {parent.path}"
    if not (made := parent.read("config.json")):
        raise ConfigError(f"{said}: not a run folder (no config.json); aelab info lists runs")
    require_schema(parent.path, made)
    parent.require_run()
    if made.get("experiment") != name:
        raise ConfigError(f"{said} is a run of {made.get('experiment')}, not of {name}; give it to that script")
    if not parent.finished:
        raise ConfigError(f"{said} is not finished; its own command goes on with it")
    theirs = from_json(kind, {**before(kind), **made["config"]})
    if theirs.epochs == AUTO:
        raise ConfigError(
            f"{said} was trained by --epochs auto, and went back to its best parameters at its end; start a run of its "
            f"own from them by --init-from {parent.path}"
        )
    if parent.read("summary.json").get("epochs", 0) < theirs.epochs:
        raise ConfigError(
            f"{said} ended by --patience, and would so again; --init-from {parent.path} starts anew from it"
        )
    return theirs


def _free(theirs: Config) -> set[str]:
    """The fields that say how a run is carried out, and so may change."""
    return {field.name for field in fields(theirs)} & (HOW | LAUNCH) - stored(theirs).keys()


def _require_unsaid(config: Config, theirs: Config) -> None:
    for field in fields(config):
        own, there = getattr(config, field.name), getattr(theirs, field.name)
        if field.name not in _free(theirs) | {"epochs"} and own not in (field.default, there):
            raise ConfigError(
                f"{flag(field.name)}: is {there} in {config.continue_from}, and a run that goes on keeps its settings; "
                f"leave it out, or start a run of its own by --init-from {config.continue_from}"
            )


def bring(run: Run, config: Config) -> None:
    """Put what the finished run has into the folder of the one that goes on, unless that is under way already.

    Raises:
        ConfigError: a link in the finished run.
        StorageError: the folder cannot be written.
    """
    if not config.continue_from or run.read("status.json"):
        return
    parent = Run(Path(config.continue_from))
    untrusted.require_no_links(parent.path.resolve())
    with storing(run.path):
        for file in (*TAKEN, *(patch.name for patch in parent.path.glob("changes-*.patch"))):
            _copy(parent.path / file, run.path / file)
    made, step = parent.read("manifest.json", "config_sha256", "sessions"), parent.read("status.json")["step"]
    run.write("manifest.json", {**_unended(made), **_own(run, config), "continues": _child_of(parent, run, made, step)})
    run.status("running", step)  # the last: until it stands, all is brought again


def _copy(here: Path, there: Path) -> None:
    if here.is_dir():
        shutil.copytree(here, there, dirs_exist_ok=True, ignore=shutil.ignore_patterns("damaged"))
    elif here.exists():
        shutil.copy(here, there)


def _unended(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name not in ENDED}


def _own(run: Run, config: Config) -> dict[str, Any]:
    """What the manifest of the run that goes on says of itself."""
    from aelab.runs import provenance
    from aelab.runs.digests import json_digest  # here: it imports JAX, and --help needs none

    adopted = run.read("config.json")
    named = {name: adopted[name] for name in ("experiment", "script") if name in adopted}
    settings = stored(config)
    return {**named, "command": provenance.command(), "config": settings, "config_sha256": json_digest(settings)}


def _child_of(parent: Run, run: Run, made: dict[str, Any], step: int) -> dict[str, Any]:
    """Whose child it is: where the other run is as seen from this one, and what it was at which step."""
    beside = Path(os.path.relpath(parent.path.resolve(), run.path.resolve())).as_posix()
    state = {name: made[name] for name in ("config_sha256", "params_sha256") if name in made}
    return {"run": beside, "step": step, **state}

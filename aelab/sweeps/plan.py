"""From overrides to runs: what each point is called, where its run goes, and the command that makes it."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import Config, flag, identity, run_name, tiny
from aelab.errors import ConfigError
from aelab.runs.folder import Run
from aelab.sweeps.algebra import Override, Points

LONGEST = 120  # letters of a point's label
MANY = 1000  # points that nobody asks for by mistake


class Script(NamedTuple):
    """A script of one run: its full name, its `Config` and its `build`."""

    name: str
    kind: type[Config]
    build: Any


class Point(NamedTuple):
    """One run of a sweep."""

    name: str
    override: Override
    config: Config
    run: Run
    command: tuple[str, ...]  # what follows `python`


class Plan(NamedTuple):
    """The runs of a sweep, no two of them in one folder."""

    script: Script
    points: list[Point]
    swept: list[str]  # fields that differ between points


def plan(script: Script, points: Points, runs_dir: Path, *, smoke: bool = False) -> Plan:
    """The runs of the points, in their order; points that come to one run are one.

    Raises:
        ConfigError: there are none.
    """
    overrides = list(points)
    swept = differing(overrides)
    made = {}
    for override in overrides:
        point = point_of(script, override, swept, runs_dir, smoke)
        made.setdefault(point.run.path, point)
    if not made:
        raise ConfigError("a sweep of no points; write field=value,value, as in beta=0.5,1,4 seed=0:3")
    return Plan(script, list(made.values()), swept)


def ask(count: int, yes: bool) -> None:
    """Refuse what is probably a mistake.

    Raises:
        ConfigError: very many points, and nobody said that they are meant.
    """
    if count > MANY and not yes:
        raise ConfigError(f"{count:,} points: add --yes if so many are meant")


def differing(overrides: list[Override]) -> list[str]:
    """The fields that are not the same in all points, in the order in which they come."""
    fields = dict.fromkeys(field for override in overrides for field in override)
    missing = object()
    return [f for f in fields if len({override.get(f, missing) for override in overrides}) > 1]


def point_of(script: Script, override: Override, swept: Iterable[str], runs_dir: Path, smoke: bool) -> Point:
    """The run of an override, named by the swept fields."""
    config = script.kind(**override, runs_dir=runs_dir, smoke=smoke)
    config = tiny(config) if smoke else config
    words = [word for field, value in override.items() for word in _words(field, value)]
    words += ["--runs-dir", str(runs_dir), *(["--smoke"] if smoke else [])]
    folder = runs_dir / script.name.rpartition(".")[2] / run_name(script.name, config)
    own = {field: override[field] for field in swept if field in override and field != "seed"}
    label = "_".join(f"{field}-{_slug(value)}" for field, value in own.items())[:LONGEST]
    name = f"{label}{'-' * bool(label)}{identity(script.name, config)}-s{config.seed}"
    return Point(name, override, config, Run(folder), ("-m", script.name, *words))


def _words(field: str, value: Any) -> list[str]:
    """A field as a command line says it."""
    if isinstance(value, bool):
        return [flag(field) if value else flag(f"no_{field}")]
    return [flag(field), *(map(str, value) if isinstance(value, tuple) else [str(value)])]


def _slug(value: Any) -> str:
    text = (
        "x".join(map(str, value))
        if isinstance(value, tuple)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
    return re.sub(r"[^A-Za-z0-9.+-]", "_", text)

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
UNLESS_SAID: Override = {"figures": "later"}  # drawing takes longer than many short runs train, and few are looked at


class Script(NamedTuple):
    """A script of one run: its name as runs record it, its `Config`, its `build`, and what follows `python`."""

    name: str
    kind: type[Config]
    build: Any
    start: tuple[str, ...] = ()


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


def plan_sweep(script: Script, overrides: Points, runs_dir: Path, *, smoke: bool = False) -> Plan:
    """The plan of a sweep of one script, each point named by the fields that differ.

    Raises:
        ConfigError: there are no points.
    """
    swept = differing(overrides)
    plan = plan_points(script, (point_of(script, override, swept, runs_dir, smoke) for override in overrides))
    if not plan.points:
        raise ConfigError("a sweep of no points; write field=value,value, as in beta=0.5,1,4 seed=0:3")
    return plan


def plan_points(script: Script, points: Iterable[Point]) -> Plan:
    """The plan of points that are named already, in their order. Points that come to one run are one, the first."""
    made = list(points)
    by_folder = {point.run.path: point for point in reversed(made)}
    distinct = [point for point in made if by_folder[point.run.path] is point]
    return Plan(script, distinct, differing(point.override for point in made))


def refuse_too_many(count: int, yes: bool) -> None:
    """Refuse a number of points that is probably a mistake.

    Raises:
        ConfigError: there are very many, and `yes` does not say that they are meant.
    """
    if count > MANY and not yes:
        raise ConfigError(f"{count:,} points: add --yes if so many are meant")


def differing(overrides: Iterable[Override]) -> list[str]:
    """The fields that are not the same in all overrides, in the order in which they come."""
    listed = list(overrides)
    fields = dict.fromkeys(field for override in listed for field in override)
    missing = object()
    return [field for field in fields if len({override.get(field, missing) for override in listed}) > 1]


def point_of(
    script: Script,
    override: Override,
    swept: Iterable[str],
    runs_dir: Path,
    smoke: bool,
    unless_said: Override = UNLESS_SAID,
) -> Point:
    """The run of an override, named by the swept fields; `unless_said` holds where the override says nothing."""
    settings = override | {field: value for field, value in unless_said.items() if field not in override}
    config = script.kind(**settings, runs_dir=runs_dir, smoke=smoke)
    config = tiny(config) if smoke else config
    words = [word for field, value in settings.items() for word in _words(field, value)]
    words += ["--runs-dir", str(runs_dir), *(["--smoke"] if smoke else [])]
    folder = runs_dir / script.name.rpartition(".")[2] / run_name(script.name, config)
    own = {field: override[field] for field in swept if field in override and field != "seed"}
    label = "_".join(f"{field}-{_slug(value)}" for field, value in own.items())[:LONGEST]
    name = f"{label}{'-' * bool(label)}{identity(script.name, config)}-s{config.seed}"
    return Point(name, override, config, Run(folder), (*script.start, *words))


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

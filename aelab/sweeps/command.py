"""The command of a sweep: its settings, and what they bring about."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from aelab.config import Count, Natural, NonNegative
from aelab.devices import places
from aelab.errors import AelabError, ConfigError

Word = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SCRIPT")]
Words = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[FIELD=VALUES ...]")]


@dataclass(frozen=True)
class Config:
    """Which points, and how they are run."""

    script: Word = "vae"  # vae, autoencoder, cvae, or the file of your own: path/to/script.py
    spec: Words = ()  # "field=values field=values", or a Python file
    name: str = ""  # of the folder runs/sweeps/<name>; without it, one made from script, fields and points
    workers: Count = 1  # points at a time, each a process of its own
    population: Natural = 0  # members of one program, for points that differ in traced numbers; 0 is processes
    search: Literal["grid", "random", "halving", "tpe"] = "grid"  # all points, or --runs of them, drawn
    runs: Count = 20  # points that a search draws
    minutes: NonNegative = 0.0  # start no more points after so long; 0 is off
    score: str = ""  # what to rank by; without it, test/elbo, or test/distortion where there is none
    yes: bool = False  # so many points are meant
    rules: bool = False  # print the points as rules for make, and stop
    slurm: bool = False  # write the points as a job array of Slurm, with the script that submits it, and stop
    table: bool = False  # start no points: note how they stand, and rank them
    dry_run: bool = False  # print the points, and stop
    runs_dir: Path = Path("runs")  # where run folders and the sweep's table go
    smoke: bool = False  # two steps of tiny models on digits: does it run?
    json: bool = False  # print the table as one line of JSON


def run(config: Config) -> None:
    """Plan, check, run what is not done, rank it."""
    from aelab.sweeps import slurm
    from aelab.sweeps.record import Record
    from aelab.sweeps.rules import rules
    from aelab.sweeps.run import finish, verdict
    from aelab.sweeps.scripts import find_script

    places.require_alone("sweep")
    if config.name in (".", "..") or "/" in config.name:
        raise ConfigError(f"--name: {config.name} is no name of a folder; leave out / and the dots")
    spec = " ".join(config.spec) or ("seed=0:2" if config.smoke else "")
    planned = plan(config, find_script(config.script), spec)
    record = Record(planned, config.runs_dir, config.name, spec)
    if config.rules:
        return print(rules(record))
    if config.dry_run:
        return print("\n".join(" ".join(("python", *point.command)) for point in planned.points))
    if config.slurm and not all(point.run.finished for point in planned.points):
        return print(
            f"written; submit it with: bash {slurm.write(record, again(config, record, spec), config.population)}"
        )
    total = config.runs if config.search == "tpe" else len(planned.points)
    table = finish(record, driver(config, spec), total=total, workers=config.workers, score=config.score)
    conclude(config, table, record.folder.path, verdict(table, timed=config.minutes > 0))


def plan(config: Config, script: Any, spec: str) -> Any:
    """All points of a grid, or those that a search draws at random; of TPE none, for it decides as it goes.

    Raises:
        ConfigError: a spec or a combination of flags that cannot be run.
    """
    from aelab.sweeps import parse, tpe
    from aelab.sweeps.plan import Plan, plan_sweep, refuse_too_many
    from aelab.sweeps.space import draws, space, varying

    if config.search in ("halving", "tpe") and (config.population or config.rules):
        raise ConfigError(f"--search: {config.search} decides as it goes; leave out --population and --rules")
    if config.search == "tpe":
        tpe.library()
        return Plan(script, [], varying(space(script.kind, spec)))
    if (config.slurm or config.table) and config.search in ("halving", "tpe"):
        raise ConfigError(f"--slurm: {config.search} decides as it goes, and jobs do not wait; leave out --search")
    points = parse(script.kind, spec) if config.search == "grid" else draws(space(script.kind, spec), config.runs)
    refuse_too_many(points.count, config.yes)
    return plan_sweep(script, points, config.runs_dir, smoke=config.smoke)


def driver(config: Config, spec: str) -> Any:
    """What brings the points to their end."""
    import math
    import time

    from aelab.sweeps import halving, populations, processes, slurm, tpe

    if config.table:
        return slurm.collect
    deadline = time.monotonic() + 60 * config.minutes if config.minutes else math.inf
    score = config.score or "test/elbo"
    if config.search == "halving":
        return lambda _, record, board: halving.run(
            record.plan.points, record, board, workers=config.workers, deadline=deadline, score=score
        )
    if config.search == "tpe":
        shared = {"workers": config.workers, "deadline": deadline, "score": score}
        return partial(tpe.run, spec=spec, smoke=config.smoke, count=config.runs, **shared)
    if config.population:
        return partial(populations.run, most=config.population, deadline=deadline)
    return partial(processes.run, workers=config.workers, deadline=deadline)


def again(config: Config, record: Any, spec: str) -> list[str]:
    """What follows `python` for the same points, their table and their ranking."""
    from aelab.runs import scripts

    script = record.plan.script
    word = scripts.short(script.name) or script.start[-1]
    words = ["-m", f"{scripts.package()}.sweep", word, spec, "--name", record.folder.path.name, "--yes"]
    words += ["--runs-dir", str(record.runs_dir), *(["--score", config.score] if config.score else [])]
    drawn = ["--search", config.search, "--runs", str(config.runs)] if config.search != "grid" else []
    return [*words, *drawn, *(["--smoke"] if config.smoke else [])]


def conclude(config: Config, table: dict[str, Any], folder: Path, error: AelabError | None) -> None:
    """The leaderboard, its figures and its page; with --json, the table alone on stdout.

    Raises:
        SweepError: some points failed.
    """
    import contextlib
    import json
    import sys

    from aelab.compare import comparison

    if any(point["state"] == "done" for point in table["points"]):
        with contextlib.redirect_stdout(sys.stderr if config.json else sys.stdout):
            comparison.compare([folder], config.score)
            print(f"report: {folder / 'report.html'}")
    if config.json:
        state = "failed" if error else "done"
        print(json.dumps({"status": state, "sweep": str(folder), "rows": table["points"]}))
    if error:
        raise error

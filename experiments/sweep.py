"""A sweep: runs of one script that differ in some settings, each in its own folder, and a table of them.

python -m experiments.sweep vae "data=digits beta=0.5,1,4 seed=0:3" --workers 2

Fields multiply. Values are a list, a range start:stop, log(low,high,count), linear, loguniform or uniform; lists take
brackets, widths=[512,256],[128]; (beta,lr)=(1,1e-3),(4,1e-4) goes through two fields together; | chains sweeps. A
Python file that defines `points` does as well. The same command goes on where it stopped.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from aelab import launch
from aelab.config import Count, Natural
from aelab.errors import AelabError


@dataclass(frozen=True)
class Config:
    """Which points, and how they are run."""

    script: Positional[str] = "vae"  # of experiments: vae, autoencoder
    spec: Positional[tuple[str, ...]] = ()  # "field=values field=values", or a Python file
    name: str = ""  # of the folder runs/sweeps/<name>; without it, one made from script, fields and points
    workers: Count = 1  # points at a time, each a process of its own
    population: Natural = 0  # members of one program, for points that differ in traced numbers; 0 is processes
    score: str = ""  # what to rank by; without it, test/elbo, or test/distortion where there is none
    yes: bool = False  # so many points are meant
    rules: bool = False  # print the points as rules for make, and stop
    dry_run: bool = False  # print the points, and stop
    runs_dir: Path = Path("runs")  # where run folders and the sweep's table go
    smoke: bool = False  # two steps of tiny models on digits: does it run?
    json: bool = False  # print the table as one line of JSON


def run(name: str, config: Config) -> None:
    """Plan, check, run what is not done, rank it."""
    from aelab.sweeps import parse
    from aelab.sweeps.plan import ask, find_script, plan
    from aelab.sweeps.record import Record
    from aelab.sweeps.rules import rules
    from aelab.sweeps.run import finish, verdict

    spec = " ".join(config.spec) or ("seed=0:2" if config.smoke else "")
    script = find_script(config.script)
    points = parse(script.kind, spec)
    ask(points.count, config.yes)
    planned = plan(script, points, config.runs_dir, smoke=config.smoke)
    record = Record(planned, config.runs_dir, config.name, spec)
    if config.rules:
        return print(rules(record))
    if config.dry_run:
        return print("\n".join(" ".join(("python", *point.command)) for point in planned.points))
    table = finish(record, workers=config.workers, population=config.population, score=config.score)
    conclude(config, table, record.folder.path, verdict(table))


def conclude(config: Config, table: dict[str, Any], folder: Path, error: AelabError | None) -> None:
    """The leaderboard, its figures and its page; with --json, the table alone on stdout.

    Raises:
        SweepError: some points failed.
    """
    import contextlib
    import json
    import sys

    from aelab import comparison

    if any(point["state"] == "done" for point in table["points"]):
        with contextlib.redirect_stdout(sys.stderr if config.json else sys.stdout):
            comparison.compare([folder], config.score)
            print(f"report: {folder / 'report.html'}")
    if config.json:
        state = "failed" if error else "done"
        print(json.dumps({"status": state, "sweep": str(folder), "rows": table["points"]}))
    if error:
        raise error


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

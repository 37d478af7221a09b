"""What survives: runs killed at random moments, damaged files, stopped, raced and starved runs, each held against an
undisturbed one.

python -m experiments.bench.chaos --kills 200 --damages 500 --results results/chaos.json
python -m experiments.bench.chaos --processes 2 --kills 20 --stops 10 --disks 5 --results results/chaos.json

A measurement that was stopped goes on where it was: a trial that is done stands in trials.jsonl. It is here rather than
among the tests because it is a measurement, whose size a user chooses; `tests/experiments/test_chaos.py` makes a short
one.
"""

import json
import math
import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from aelab.runner import launch
from aelab.runs.strict import strict
from experiments.bench import disturbances, processes
from experiments.bench.disturbances.case import flags
from experiments.bench.trials import Config, Trials


def references(trials: Trials) -> dict[str, dict[str, Any]]:
    """Train the undisturbed run of every net; returns their outcomes."""
    found = {}
    for net in trials.config.nets:
        runs = trials.folder / "straight" / net
        child = processes.start(flags(trials.config, net, runs), trials.folder / f"straight-{net}.txt")
        if code := child.wait():
            raise RuntimeError(f"the undisturbed run of {net} ended with {code}: {child.output.read_text()}")
        found[net] = disturbances.outcome(runs)
    return found


def disturb(trials: Trials, straight: dict[str, dict[str, Any]]) -> None:
    """Make the trials of every kind that are still missing."""
    menu = disturbances.MENU if trials.config.processes == 1 else disturbances.MENU_OF_TWO
    for kind, (field, disturbance) in menu.items():
        wanted = getattr(trials.config, field)
        for net, number in trials.left(kind, wanted):
            work = trials.folder / "work"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            rng = random.Random(f"{trials.config.seed} {kind} {number}")
            disturbance(disturbances.Case(trials, net, work, straight[net], rng, wanted))


def run(name: str, config: Config) -> None:
    """Make every kind of trial, then print the table.

    Raises:
        SystemExit: a trial did not go as it must.
    """
    processes.ready()
    trials = Trials(config)
    disturb(trials, references(trials))
    figures = summary(trials)
    if config.results:
        file = Path(config.results)
        file.parent.mkdir(parents=True, exist_ok=True)
        earlier = json.loads(file.read_text()) if file.exists() else {"rows": []}
        file.write_text(strict(merged(earlier, figures), file))
    print(json.dumps(figures) if config.json else table(figures))
    bad = sum(row["trials"] - row["ok"] for row in figures["rows"])
    if bad:
        raise SystemExit(f"{bad} trials did not go as they must; see {trials.file}")


def summary(trials: Trials) -> dict[str, Any]:
    """The figures, and what they were measured on."""
    from aelab.runs import provenance

    order = {row["kind"]: None for row in trials.rows}
    rows = []
    for kind in order:
        own = [row for row in trials.rows if row["kind"] == kind]
        noted = Counter(row["note"] for row in own if "note" in row)
        rows.append({"kind": kind, "trials": len(own), "ok": sum(row["ok"] for row in own), "notes": dict(noted)})
        if waits := [row["seconds"] for row in own if "seconds" in row]:
            rows[-1]["longest"] = max(waits)
    command = re.sub(r" --runs-dir \S+", "", provenance.command())  # where the runs were is nobody's business
    return {"command": command, "rows": rows, "fingerprint": provenance.fingerprint()}


def merged(earlier: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """The figures, and those of an earlier measurement whose kinds were not tried now, with what made them."""
    made = {name: value for name, value in earlier.items() if name != "rows"}
    tried = {row["kind"] for row in figures["rows"]}
    kept = [made | row for row in earlier["rows"] if row["kind"] not in tried]
    return {**figures, "rows": kept + figures["rows"]}


def table(figures: dict[str, Any]) -> str:
    """The figures for docs/reliability.md."""
    from aelab.report import tables

    lines = [(row["kind"], row["trials"], row["ok"], ", ".join(remarks(row))) for row in figures["rows"]]
    return tables.markdown(("disturbance", "trials", "as it must be", "of them"), lines)


def remarks(row: dict[str, Any]) -> list[str]:
    """How many trials of a row were of which sort, and how long all processes took to end at most."""
    ended = [f"ended within {math.ceil(row['longest'])} s"] if "longest" in row else []
    return [*(f"{n} {note}" for note, n in sorted(row["notes"].items())), *ended]


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

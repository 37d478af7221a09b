"""What survives: runs killed at random moments, damaged files, stopped, raced and starved runs, each held against an
undisturbed one.

python -m experiments.bench.chaos --kills 200 --damages 500 --results results/chaos.json

Goes on where it was stopped: a trial that is done stands in trials.jsonl. It is here rather than among the tests
because it is a measurement, whose size a user chooses; `tests/test_chaos.py` runs a short one.
"""

import itertools
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aelab.config import Natural
from aelab.runner import launch

NETS = {
    "mlp": ("--widths", "16"),
    "conv": ("--channels", "4", "8"),
    "lstm": ("--width", "8"),
    "transformer": ("--width", "8", "--heads", "2", "--patch", "4"),
}
# A checkpoint every second step: a process is nearly always saving.
TINY = ("--data", "digits", "--latent-dim", "2", "--batch-size", "256", "--importance-samples", "2")
TINY += ("--chunk", "2", "--save-every", "0.34")
PER_RUN = 10  # disturbances of one run before it may end


@dataclass(frozen=True)
class Config:
    """How many trials of each kind."""

    kills: Natural = 200  # SIGKILLs at random moments, at least every second one during a save
    damages: Natural = 500  # bit flips, truncations, zeroed blocks and deleted files of checkpoints
    stops: Natural = 50  # SIGTERMs
    seconds: Natural = 50  # second processes on a live run
    races: Natural = 20  # pairs of processes started together on a new run
    disks: Natural = 10  # runs in a file system too small for them
    read_only: Natural = 10  # killed runs that come back to a read-only file system
    limits: Natural = 20  # runs whose files may not grow beyond a size
    removals: Natural = 5  # run folders removed under a live run
    nets: tuple[str, ...] = tuple(NETS)
    epochs: Natural = 25  # of each run, 6 steps each
    seed: Natural = 0  # of the disturbances
    runs_dir: Path = Path("runs")  # the work goes to <runs_dir>/chaos
    results: str = ""  # file for the figures; kinds that are not tried now keep theirs
    json: bool = False  # print the figures as one line of JSON


class Trials:
    """What has been tried so far, kept in a file, so that a stopped measurement goes on."""

    def __init__(self, config: Config):
        self.config, self.folder = config, config.runs_dir / "chaos"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "trials.jsonl"
        self.rows: list[dict[str, Any]] = []
        if self.file.exists():
            self.rows = [json.loads(line) for line in self.file.read_text().splitlines()]

    def add(self, kind: str, net: str, **found: Any) -> None:
        """Keep a trial; `ok` says whether it went as it must."""
        self.rows.append({"kind": kind, "net": net, **found})
        with self.file.open("a") as file:
            file.write(json.dumps(self.rows[-1]) + "\n")
        if not found["ok"]:
            print(f"NOT OK: {self.rows[-1]}", flush=True)

    def count(self, kind: str, net: str | None = None) -> int:
        return sum(row["kind"] == kind and net in (None, row["net"]) for row in self.rows)

    def left(self, kind: str, wanted: int) -> Iterator[tuple[str, int]]:
        """Nets in turn, with a number of the trial, until there are enough."""
        for net in itertools.cycle(self.config.nets):
            if (done := self.count(kind)) >= wanted:
                return
            print(f"{kind}: {done} of {wanted}", flush=True)
            yield net, done


def flags(config: Config, net: str, runs: Path) -> list[str]:
    """The command line of the run of a net."""
    return [*TINY, "--net", net, *NETS[net], "--epochs", str(config.epochs), "--runs-dir", str(runs)]


def evidence(runs: Path) -> dict[str, Any]:
    """All that a disturbed run must share with an undisturbed one."""
    (path,) = (file.parent for file in runs.rglob("summary.json"))
    summary = json.loads((path / "summary.json").read_text())
    names = ("metrics.jsonl", "digests.jsonl")
    return {
        **{name: (path / name).read_text() for name in names},
        **{n: summary[n] for n in ("scores", "params_sha256")},
    }


def references(trials: Trials) -> dict[str, dict[str, Any]]:
    """The undisturbed run of every net."""
    from experiments.bench import processes

    found = {}
    for net in trials.config.nets:
        runs = trials.folder / "straight" / net
        child = processes.start(flags(trials.config, net, runs), trials.folder / f"straight-{net}.txt")
        if code := child.wait():
            raise RuntimeError(f"the undisturbed run of {net} ended with {code}: {child.said.read_text()}")
        found[net] = evidence(runs)
    return found


def run(name: str, config: Config) -> None:
    """Every kind of trial, then the table."""
    from experiments.bench import disturbances, processes

    processes.ready()
    trials = Trials(config)
    straight = references(trials)
    kinds: dict[str, tuple[int, Callable]] = {
        "kill": (config.kills, disturbances.kill),
        "stop": (config.stops, disturbances.stop),
        "second process": (config.seconds, disturbances.second),
        "damage": (config.damages, disturbances.damage),
        "race": (config.races, disturbances.race),
        "small file system": (config.disks, disturbances.disk),
        "read-only file system": (config.read_only, disturbances.read_only),
        "small files": (config.limits, disturbances.limited),
        "removed folder": (config.removals, disturbances.removal),
    }
    for kind, (wanted, disturb) in kinds.items():
        for net, number in trials.left(kind, wanted):
            work = trials.folder / "work"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            disturb(trials, net, work, straight[net], random.Random(f"{config.seed} {kind} {number}"), wanted)
    figures = summary(trials)
    if config.results:
        file = Path(config.results)
        file.parent.mkdir(parents=True, exist_ok=True)
        earlier = json.loads(file.read_text()) if file.exists() else {"rows": []}
        file.write_text(json.dumps(merged(earlier, figures), indent=2) + "\n")
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
    return {"command": provenance.command(), "rows": rows, "fingerprint": provenance.fingerprint()}


def merged(earlier: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """The figures, and those of an earlier measurement whose kinds were not tried now, with what made them."""
    made = {name: value for name, value in earlier.items() if name != "rows"}
    tried = {row["kind"] for row in figures["rows"]}
    kept = [made | row for row in earlier["rows"] if row["kind"] not in tried]
    return {**figures, "rows": kept + figures["rows"]}


def table(figures: dict[str, Any]) -> str:
    """The figures for docs/reliability.md."""
    from aelab.report import tables

    lines = [
        (row["kind"], row["trials"], row["ok"], ", ".join(f"{n} {note}" for note, n in sorted(row["notes"].items())))
        for row in figures["rows"]
    ]
    return tables.markdown(("disturbance", "trials", "as it must be", "of them"), lines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

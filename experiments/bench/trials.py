"""The trials of `experiments.bench.chaos`: how many there are of each kind, and the file in which they are kept."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aelab.config import Natural

NETS = {
    "mlp": ("--widths", "16"),
    "conv": ("--channels", "4", "8"),
    "lstm": ("--width", "8"),
    "transformer": ("--width", "8", "--heads", "2", "--patch", "4"),
}


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
    pauses: Natural = 5  # processes that stand still for some seconds
    processes: Literal[1, 2] = 1  # of a run; of two one is killed, stopped or paused, or has a full disk
    nets: tuple[str, ...] = tuple(NETS)  # of the runs that are disturbed
    epochs: Natural = 25  # of each run, 6 steps each
    seed: Natural = 0  # of the disturbances
    runs_dir: Path = Path("runs")  # the work goes to <runs_dir>/chaos, or chaos-of-two
    results: str = ""  # file for the figures; kinds that are not tried now keep theirs
    json: bool = False  # print the figures as one line of JSON


class Trials:
    """What has been tried so far, kept in a file, so that a measurement that was stopped can go on."""

    def __init__(self, config: Config):
        self.config, self.folder = config, config.runs_dir / ("chaos" if config.processes == 1 else "chaos-of-two")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "trials.jsonl"
        self.rows: list[dict[str, Any]] = []
        if self.file.exists():
            self.rows = [json.loads(line) for line in self.file.read_text().splitlines()]

    def add(self, kind: str, net: str, **found: Any) -> None:
        """Keep a trial; its entry `ok` tells whether it went as it must."""
        self.rows.append({"kind": kind, "net": net, **found})
        with self.file.open("a") as file:
            file.write(json.dumps(self.rows[-1]) + "\n")
        if not found["ok"]:
            print(f"NOT OK: {self.rows[-1]}", flush=True)

    def count(self, kind: str) -> int:
        """How many trials of a kind have been made."""
        return sum(row["kind"] == kind for row in self.rows)

    def left(self, kind: str, wanted: int) -> Iterator[tuple[str, int]]:
        """The nets in turn, each with the number of its trial, until there are `wanted` trials of that kind."""
        for net in itertools.cycle(self.config.nets):
            if (done := self.count(kind)) >= wanted:
                return
            print(f"{kind}: {done} of {wanted}", flush=True)
            yield net, done

"""One run that is to be disturbed, and the undisturbed run that it must equal in the end."""

import contextlib
import json
import random
import resource
from pathlib import Path
from typing import Any, NamedTuple

from aelab.runner.one_machine import free_port
from experiments.bench.processes import Child, start, until
from experiments.bench.trials import NETS, Config, Trials

# A checkpoint every second step: a process is nearly always saving.
TINY = ("--data", "digits", "--latent-dim", "2", "--batch-size", "256", "--importance-samples", "2")
TINY += ("--chunk", "2", "--save-every", "0.34")


class Case(NamedTuple):
    """One run of a net, in a folder of its own."""

    trials: Trials  # to which the case adds
    net: str
    work: Path  # an empty folder for the run and the output of its processes
    straight: dict[str, Any]  # the `outcome` of the undisturbed run of the net
    rng: random.Random  # of the disturbances
    wanted: int  # trials of this kind in all

    @property
    def runs(self) -> Path:
        """The folder of runs, which holds this one alone."""
        return self.work / "runs"

    def start(self, name: str, largest: int = resource.RLIM_INFINITY) -> Child:
        """A process that trains the run, its output in `name`.txt; no file may have more than `largest` bytes."""
        return start(flags(self.trials.config, self.net, self.runs), self.work / f"{name}.txt", largest)

    def start_all(self, name: str) -> list[Child]:
        """The processes that train the run together, the output of each in a file of its own."""
        count = self.trials.config.processes
        if count == 1:
            return [self.start(name)]
        where = ("--coordinator", f"127.0.0.1:{free_port()}", "--num-processes", str(count), "--join-timeout", "30")
        words = [*flags(self.trials.config, self.net, self.runs), *where]
        return [start([*words, "--process-id", str(i)], self.work / f"{name}-{i}.txt") for i in range(count)]

    def finish(self) -> tuple[bool, str]:
        """Train the disturbed run to its end; whether its outcome is that of the undisturbed run, or why not."""
        for code, child in [(child.wait(), child) for child in self.start_all("end")]:
            if code:
                return False, f"ended with {code}: {child.errors()}"
        now = outcome(self.runs)
        differing = [name for name in self.straight if now[name] != self.straight[name]]
        return not differing, f"{differing[0]} differs" if differing else ""

    def add(self, kind: str, **found: Any) -> None:
        """Keep a trial."""
        self.trials.add(kind, self.net, **found)


def flags(config: Config, net: str, runs: Path) -> list[str]:
    """The command line of the run of a net."""
    where = ["--devices", str(config.processes), "--runs-dir", str(runs)]
    return [*TINY, "--net", net, *NETS[net], "--epochs", str(config.epochs), *where]


def outcome(runs: Path) -> dict[str, Any]:
    """All that a disturbed run must share with an undisturbed one: metrics, digests, scores and parameters."""
    (path,) = (file.parent for file in runs.rglob("summary.json"))
    summary = json.loads((path / "summary.json").read_text())
    files = {name: (path / name).read_text() for name in ("metrics.jsonl", "digests.jsonl")}
    return {**files, **{name: summary[name] for name in ("scores", "params_sha256")}}


def holds_lock(runs: Path, child: Child) -> bool:
    """Whether the lock of a run names the process."""
    return any(str(child.pid) in lock.read_text() for lock in runs.rglob("lock"))


def wait_for_lock(runs: Path, child: Child) -> bool:
    """Wait until the process has its run; False where it ended first."""
    return until(lambda: holds_lock(runs, child), child)


def wait_for_training(runs: Path, child: Child) -> bool:
    """Wait until the status of the run is `running`; False where the process ended first."""
    return until(lambda: "running" in _status(runs), child)


def _status(runs: Path) -> str:
    with contextlib.suppress(OSError, StopIteration):
        return next(runs.rglob("status.json")).read_text()
    return ""

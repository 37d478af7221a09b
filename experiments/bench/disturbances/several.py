"""Two processes on one run: one of them is killed, stopped or paused, or the one that writes has a full disk.

The other must end by itself and in one line, and the same command must then end the run with the same bits.
"""

import contextlib
import itertools
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aelab.errors import LostError, Preempted
from experiments.bench.disturbances.case import Case, wait_for_training
from experiments.bench.disturbances.files import mounted
from experiments.bench.disturbances.signals import saving
from experiments.bench.processes import Child, until

PER_RUN = 5  # disturbances of one run before it may end
EARLY = 0.2  # of the kills fall before training, or in its first seconds
STEPS = 6  # of an epoch
IN_TIME = 60.0  # seconds within which the other must have ended
LONGEST_PAUSE = 20.0  # seconds; JAX takes a process for dead after 30

Found = dict[str, Any] | None  # a trial; None where the run ended before its turn


def kill(case: Case, victim: int) -> None:
    """SIGKILL to the process that computes, or to its parent too, as where a machine is lost."""

    def disturb(children: list[Child]) -> Found:
        await_moment(case, children[victim])
        note, whole = moment(case.runs), case.rng.random() < 0.5
        worker = computing(children[victim])
        if worker is None:
            return None
        if whole:
            children[victim].kill()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
        since = time.monotonic()
        ends = [(child.wait(), child.errors()) for child in children]
        seconds = time.monotonic() - since
        code, said = ends.pop(victim)
        ok = whole or (code == LostError.code and len(said) == 1 and "was killed by SIGKILL" in said[0])
        ok &= all(lost(*end) for end in ends) or _status(case.runs)["state"] == "done"
        ok &= seconds < IN_TIME and ((whole and victim == 0) or _status(case.runs).get("state") != "running")
        return {"ok": ok, "note": note, "seconds": seconds, "whole": whole, "ends": [(code, said), *ends]}

    repeatedly(case, f"kill process {victim} of two", disturb)


def lost(code: int, said: list[str]) -> bool:
    """Whether a process ended as it must where another one has gone."""
    return code == LostError.code and len(said) == 1


def stop(case: Case) -> None:
    """SIGTERM to one of the processes, or to its parent: both save at the same step, and end with exit code 75."""
    turns = itertools.cycle(range(case.trials.config.processes))

    def disturb(children: list[Child]) -> Found:
        wait_for_training(case.runs, children[0])
        time.sleep(case.rng.uniform(0, 2))
        asked = children[next(turns)]
        number = computing(asked) if case.rng.random() < 0.5 else asked.pid
        if number:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGTERM)
        since = time.monotonic()
        ends = [(child.wait(), child.errors()) for child in children]
        if all(code == 0 for code, _ in ends):
            return None
        ok = all(code == Preempted.code and len(said) == 1 for code, said in ends)
        return {"ok": ok, "note": f"process {children.index(asked)}", "seconds": time.monotonic() - since, "ends": ends}

    repeatedly(case, "stop one of two", disturb)


def full_disk(case: Case) -> None:
    """Process 0 has a full disk: exit code 8 and one line for both; with more room the run goes on to the same end."""
    size = case.rng.randrange(200, 700)  # KiB; a run of some epochs takes more
    with mounted(case.runs, size) as remount:
        children = case.start_all("child")
        since = time.monotonic()
        ends = [(child.wait(), child.errors()) for child in children]
        seconds = time.monotonic() - since
        remount("size=64m")
        same, why = case.finish()
    ok = same and all(code == 8 and len(said) == 1 for code, said in ends)
    case.add("full disk of process 0", ok=ok, kilobytes=size, seconds=seconds, why=why, ends=ends)


def pause(case: Case) -> None:
    """One of the processes stands still for some seconds: nothing fails."""
    children = case.start_all("child")
    wait_for_training(case.runs, children[0])
    time.sleep(case.rng.uniform(0, 2))
    paused, seconds = case.rng.randrange(len(children)), case.rng.uniform(1, LONGEST_PAUSE)
    if worker := computing(children[paused]):
        os.kill(worker, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(worker, signal.SIGCONT)
    ends = [(child.wait(), child.errors()) for child in children]
    same, why = case.finish()  # nothing is left to do
    ok = same and all(code == 0 for code, _ in ends)
    case.add("pause one of two", ok=ok, note=f"process {paused}", pause=seconds, why=why, ends=ends)


def repeatedly(case: Case, kind: str, disturb: Callable[[list[Child]], Found]) -> None:
    """Disturb one run several times, end it, and add the trials."""
    tried: list[dict[str, Any]] = []
    for _ in range(min(PER_RUN, case.wanted - case.trials.count(kind))):
        children = case.start_all("child")
        found = disturb(children)
        if found is None:
            for child in children:
                child.wait()
            break
        tried.append(found)
    same, why = case.finish()
    for found in tried:
        case.add(kind, **{**found, "ok": found["ok"] and same, **({"why": why} if why else {})})


def await_moment(case: Case, child: Child) -> None:
    """Wait until a random moment of the run: some are counted from its start, and most from a step of its training."""
    if case.rng.random() < EARLY:
        return time.sleep(case.rng.uniform(0, 10))
    total = STEPS * case.trials.config.epochs
    step = case.rng.randrange(min(_status(case.runs).get("step", 0), total - 1), total)  # killed in its last words
    until(lambda: _status(case.runs).get("step", -1) >= step, child)
    time.sleep(case.rng.uniform(0, 0.5))


def computing(parent: Child) -> int | None:
    """The process that computes below a thin parent; None where the parent ends first."""
    file = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    return int(file.read_text().split()[0]) if until(lambda: bool(file.read_text()), parent) else None


def moment(runs: Path) -> str:
    """What the run is doing, in words."""
    if saving(runs):
        return "during a save"
    states = {None: "before training", "running": "between saves", "done": "at the end"}
    return states.get(_status(runs).get("state"), "at the start")


def _status(runs: Path) -> dict[str, Any]:
    """What `status.json` says of the run; nothing where it is not there yet."""
    with contextlib.suppress(OSError, StopIteration):
        return json.loads(next(runs.rglob("status.json")).read_text())
    return {}

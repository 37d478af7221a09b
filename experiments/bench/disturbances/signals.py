"""Signals at random moments of training: several to one run, which then goes on to its end."""

import contextlib
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.bench.disturbances.case import Case, holds_lock, wait_for_lock, wait_for_training
from experiments.bench.processes import Child, until

PER_RUN = 10  # disturbances of one run before it may end


def kill(case: Case) -> None:
    """SIGKILL: every second at a random moment, the others as soon as a save is seen after a random moment."""

    def disturb(child: Child, runs: Path, rng: random.Random) -> dict[str, Any] | None:
        aimed = rng.random() < 0.6
        time.sleep(rng.uniform(0, 2))
        if aimed and until(lambda: saving(runs), child, 20):
            time.sleep(rng.uniform(0, 0.02))
        child.kill()
        if (code := child.wait()) != -signal.SIGKILL:
            return None  # it had ended
        stale = holds_lock(runs, child)
        return {"ok": stale and code == -signal.SIGKILL, "note": "during a save" if saving(runs) else "between saves"}

    repeatedly(case, "kill", disturb)


def stop(case: Case) -> None:
    """SIGTERM at a random moment of training: exit code 75 after saving."""

    def disturb(child: Child, runs: Path, rng: random.Random) -> dict[str, Any] | None:
        wait_for_training(runs, child)
        time.sleep(rng.uniform(0, 2))
        with contextlib.suppress(ProcessLookupError):
            child.kill(signal.SIGTERM)
        code = child.wait()
        return None if code == 0 else {"ok": code == 75 and len(child.errors()) == 1, "code": code}

    repeatedly(case, "stop", disturb)


def repeatedly(case: Case, kind: str, disturb: Callable[[Child, Path, random.Random], dict[str, Any] | None]) -> None:
    """Disturb one run several times, end it, and add the trials; one that ended before its turn is no trial."""
    tried: list[dict[str, Any]] = []
    for _ in range(min(PER_RUN, case.wanted - case.trials.count(kind))):
        child = case.start("child")
        if not wait_for_lock(case.runs, child):
            if code := child.wait():
                tried.append({"ok": False, "why": f"refused to go on: {code} {child.errors()}"})
            break
        if found := disturb(child, case.runs, case.rng):
            tried.append(found)
    same, why = case.finish()
    for found in tried:
        case.add(kind, **{**found, "ok": found["ok"] and same, **({"why": why} if why else {})})


def saving(runs: Path) -> bool:
    """Whether a checkpoint is half written."""
    with contextlib.suppress(OSError):
        return any("orbax-checkpoint-tmp" in path.name for path in runs.glob("*/*/checkpoints/*"))
    return False

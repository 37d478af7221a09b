"""The runs behind a table of noise: which belong together, and what they make of noisy events."""

from typing import Any, NamedTuple

import numpy as np

from aelab.runs.folder import Run

from . import trained

TOGETHER = "both"  # the name of the mean of what several codes make


class Trained(NamedTuple):
    """A finished run, and what it was trained on."""

    kind: str  # of noise
    code: str
    on: str  # `range`, or a level
    seed: int
    run: Run


def recipes(runs: list[Trained], *, together: bool) -> dict[tuple[str, str], list[Trained]]:
    """The runs of each code by what they were trained on, and all codes `together`."""
    found: dict[tuple[str, str], list[Trained]] = {}
    for run in runs:
        found.setdefault((run.code, run.on), []).append(run)
    both = {(TOGETHER, on): [run for run in runs if run.on == on] for on in dict.fromkeys(run.on for run in runs)}
    return found | (both if together else {})


def seeds(recipe: list[Trained]) -> list[int]:
    """In order."""
    return sorted({run.seed for run in recipe})


def restored(recipe: list[Trained], kind: str, noisy: np.ndarray) -> np.ndarray:
    """What each seed makes of events, the mean over its codes: `[seed, event, …]`."""
    from aelab.baselines.noisy import doubted

    hidden = None if kind == "gaussian" else doubted(kind, noisy)  # for encoders that look at it
    found = [(run.seed, trained.restore(run.run.path, noisy, hidden=hidden)) for run in recipe]
    return np.stack([np.mean([x for own, x in found if own == seed], 0) for seed in seeds(recipe)])


def facts(runs: list[Trained]) -> dict[str, Any]:
    """What a row says of its runs, one for each code: their names, the last step, their parameters."""
    own = [trained.facts(run.run, "parameters") for run in runs]
    return {
        "run": " ".join(row["run"] for row in own),
        "step": max(row["step"] for row in own),
        "parameters": sum(row["parameters"] for row in own),
    }

"""`eval/metrics.json` of a run folder, where every number that was measured is kept, and `eval/cost.json` beside it.

A group of numbers is kept with what it depends on: the checkpoint, the split, the seed and, where it has one, a number
such as k. So a group that is there is not measured again. Numbers of another checkpoint are dropped. What depends on
the clock is in `cost.json`, so two evaluations of one run give equal bytes in `metrics.json`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from aelab.measures.measure import Found, Measured, Undefined, as_json, from_json
from aelab.runs.atomic import storing
from aelab.runs.folder import Run

SCHEMA = 1
FILES = {False: "eval/metrics.json", True: "eval/cost.json"}  # by whether numbers are of a clock

# Of the groups on a page; others come behind them.
ORDER = ("reconstruction", "likelihood", "truth", "codes", "of the experiment", "use of codes", "disentanglement")
ORDER += (
    "calibration",
    "robustness",
    "samples",
    "cost on this machine",
)


class Part(NamedTuple):
    """What one group found, and what that depends on."""

    group: str
    split: str
    k: int | None  # the number that was asked for: draws of L_k, or events that are annealed; None where there is none
    seed: int
    found: Found
    about: Mapping[str, Any] = {}  # what else is to be known of it

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What it is kept by; parts stand in the file in this order."""
        return self.group, self.split, -1 if self.k is None else self.k, self.seed


Parts = dict[tuple[str, str, int, int], Part]


def read(run: Run, checkpoint: str, *, timed: bool = False) -> Parts:
    """The parts that were measured of a checkpoint, by their keys.

    Raises:
        ConfigError: the file is damaged.
    """
    stored = run.read(FILES[timed])
    if stored.get("schema") != SCHEMA or stored.get("checkpoint") != checkpoint:
        return {}
    parts = [_part(each) for each in stored["groups"]]
    return {part.key: part for part in parts}


def kept(run: Run) -> list[Part]:
    """All that was measured of the checkpoint that the summary is of, whether on a clock or not."""
    checkpoint = run.read("summary.json").get("params_sha256", "")
    parts = [part for timed in FILES for part in read(run, checkpoint, timed=timed).values()]
    return sorted(parts, key=lambda part: [*ORDER, part.group].index(part.group))


def write(run: Run, checkpoint: str, parts: Parts, *, timed: bool = False) -> None:
    """Keep parts, the file whole or not at all."""
    with storing(run.path / "eval"):
        (run.path / "eval").mkdir(exist_ok=True)
    groups = [_as_json(parts[key]) for key in sorted(parts)]
    run.write(FILES[timed], {"schema": SCHEMA, "checkpoint": checkpoint, "groups": groups})


def _as_json(part: Part) -> dict[str, Any]:
    found = [as_json(each) if isinstance(each, Measured) else each._asdict() for each in part.found]
    return part._asdict() | {"found": found, "about": dict(part.about)}


def _part(stored: Mapping[str, Any]) -> Part:
    found = [Undefined(**each) if "why" in each else from_json(each) for each in stored["found"]]
    return Part(stored["group"], stored["split"], stored["k"], stored["seed"], found, stored["about"])

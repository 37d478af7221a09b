"""Where the time of a step goes: a profile of each net on one core, kernel by kernel.

python -m experiments.bench.profiles

On one core nothing is hidden behind another thread. A net takes the part of a batch that a core works on at once where
nothing is said of devices, as in its row of the race.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aelab.config.shards import virtual_shards
from aelab.runner import launch
from experiments.bench import ceiling, ours, race_data
from experiments.bench.rows import ROWS

STEPS = 20  # of a chunk
EVENTS = 60_000, 28 * 28  # of the race, and the numbers of each
KINDS = {  # by the name of a kernel; the first that fits
    "matrix products": r"ynn_fusion|dot",
    "sums": r"reduce",
    "copies": r"copy|concatenate|transpose|pad|gather|slice|broadcast",
    "entry by entry": r"fusion|wrapped",
}
AROUND = r"Thunk|while|call|Slinky|end: "  # what only holds other kernels


@dataclass(frozen=True)
class Config:
    """Which rows of the race."""

    data: str = "tfds:mnist"  # images of 28 by 28
    rows: tuple[str, ...] = ("fc", "conv", "lstm", "transformer")  # of experiments/bench/rows.py
    json: bool = False  # print the result as one line of JSON


def kernels(trace: Path) -> Iterator[tuple[str, float]]:
    """Every kernel that ran, and its milliseconds."""
    import jax

    (file,) = trace.rglob("*.xplane.pb")
    for plane in jax.profiler.ProfileData.from_file(str(file)).planes:
        for line in plane.lines:
            if "XLA" in line.name:
                yield from ((event.name, event.duration_ns / 1e6) for event in line.events)


def by_kind(ran: Iterator[tuple[str, float]]) -> dict[str, float]:
    """Milliseconds of each of `KINDS`."""
    took: dict[str, float] = defaultdict(float)
    for name, milliseconds in ran:
        if not re.search(AROUND, name):
            took[next((kind for kind, names in KINDS.items() if re.search(names, name)), "other")] += milliseconds
    return took


def profile(work: dict[str, Any]) -> dict[str, Any]:
    """One net, in this process."""
    import jax

    from aelab.devices import startup
    from experiments.common import timing

    startup.start(1, one_core=True)
    made, experiment, splits = ours.prepare(work)
    training = timing.BareTraining(made, experiment, splits)
    seconds = [training.train([(at, STEPS)]) for at in range(0, 5 * STEPS, STEPS)]
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            training.train([(5 * STEPS, STEPS)])
        took = by_kind(kernels(Path(folder)))
    turn, rates = ceiling.product(), []
    for _ in range(4):
        since = time.perf_counter()
        turn()
        rates.append(ceiling.FLOP / (time.perf_counter() - since))
    return {
        "batch": work["batch"],
        "step_ms": 1e3 * min(seconds) / STEPS,
        "kinds_ms": {kind: milliseconds / STEPS for kind, milliseconds in took.items()},
        "flop": work["batch"] * ours.matmuls_of_training(experiment, work["batch"], splits.spec.shape),
        "ceiling_flops": max(rates),
    }


def measure(config: Config) -> dict[str, Any]:
    """All, each in a process of its own."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        data = race_data.save_images(config.data, folder)
        for name in config.rows:
            row = ROWS[name]
            work: dict[str, Any] = {"data": data, **row.work}
            parts = virtual_shards(ours.config(work), *EVENTS, 1, platform="cpu", divisible=True)
            work["batch"] = work["batch"] // max(1, parts)
            command = [sys.executable, "-m", "experiments.bench.profiles", "--one", json.dumps(work)]
            output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            found[name] = {"title": row.title, **json.loads(output.splitlines()[-1])}
    return {"rows": found}


def table(found: dict[str, Any]) -> str:
    """A line for each net: milliseconds of a step by kind of kernel, and how near its products are to the ceiling."""
    from aelab.report import tables

    lines = []
    for entry in found["rows"].values():
        took = [entry["kinds_ms"].get(kind, 0.0) for kind in KINDS]
        rate = entry["flop"] / (took[0] / 1e3) / entry["ceiling_flops"]
        lines.append((entry["title"], entry["batch"], entry["step_ms"], *took, f"{rate:.0%}"))
    kinds = [f"{kind}, ms" for kind in KINDS]
    return tables.markdown(("task", "rows at once", "step, ms", *kinds, "products, of the ceiling"), lines)


def run(name: str, config: Config) -> None:
    """Measure and print."""
    found = measure(config)
    print(json.dumps(found) if config.json else table(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(profile(json.loads(sys.argv[2]))))
    else:
        raise SystemExit(launch.command(Config, run))

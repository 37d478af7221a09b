"""How long a person waits: from the command to `--help`, to the first step of training, and to the report.

python -m experiments.bench.start

Cold has an empty cache of compiled programs, warm the one that the cold run left. A step has been reached when its
digest stands in the run folder; the report is written when the run has trained for one epoch, and ends.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import RECORDS, Count
from aelab.errors import ConfigError
from aelab.runner import launch

PAUSE = 0.01  # seconds between looks at the folder
SCRIPT = [sys.executable, "-m", "experiments.vae"]


@dataclass(frozen=True)
class Config:
    """The VAE of `experiments.vae` with its usual sizes."""

    data: str = "fashion_small"  # the set
    nets: tuple[str, ...] = tuple(RECORDS)  # to start
    rounds: Count = 3  # cold and warm starts of each
    json: bool = False  # print the result as one line of JSON


def help_seconds() -> float:
    """Until `--help` has been printed."""
    since = time.perf_counter()
    subprocess.run([*SCRIPT, "--help"], check=True, capture_output=True)
    return time.perf_counter() - since


class Waits(NamedTuple):
    """Seconds from the command."""

    step: float  # to the first step
    report: float  # to the report, behind one epoch


def waits(flags: Sequence[str], cache: Path) -> Waits:
    """Of a run of one epoch that keeps its compiled programs below `cache`.

    Raises:
        ConfigError: the run failed.
    """
    env = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    with tempfile.TemporaryDirectory() as runs, tempfile.TemporaryFile("w+") as errors:
        command = [*SCRIPT, *flags, "--epochs", "1", "--runs-dir", runs]
        since, step = time.perf_counter(), 0.0
        process = subprocess.Popen(
            command, env={**env, "XDG_CACHE_HOME": str(cache)}, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            while process.poll() is None:
                if not step and any(1 in reached(file) for file in Path(runs).rglob("digests.jsonl")):
                    step = time.perf_counter() - since
                time.sleep(PAUSE)
        finally:
            process.kill()
            process.wait()
        if process.returncode == 0:
            return Waits(step, time.perf_counter() - since)
        errors.seek(0)
        last = (errors.read().strip() or "it said nothing").splitlines()[-1]
        raise ConfigError(f"{' '.join(flags)}: the run failed: {last}")


def reached(file: Path) -> list[int]:
    """The steps whose digest stands in a file; a line that is being written does not count."""
    return [json.loads(line)["step"] for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]


def measure(config: Config) -> dict[str, Any]:
    """Medians, in seconds."""
    helped = [help_seconds() for _ in range(1 + config.rounds)][1:]
    found: dict[str, Any] = {"help": statistics.median(helped), "nets": {}}
    for net in config.nets:
        flags, taken = ["--data", config.data, "--net", net], {"cold": [], "warm": []}
        for _ in range(config.rounds):
            with tempfile.TemporaryDirectory() as cache:
                for each in taken.values():
                    each.append(waits(flags, Path(cache)))
        found["nets"][net] = {
            name: dict(zip(Waits._fields, map(statistics.median, zip(*each, strict=True)), strict=True))
            for name, each in taken.items()
        }
        print(f"{net}: {found['nets'][net]}", file=sys.stderr)
    return found


def table(found: dict[str, Any]) -> str:
    """A line for each command."""
    from aelab.report import tables

    columns = [(kind, name) for name in Waits._fields for kind in ("cold", "warm")]
    lines = [
        (f"`python -m experiments.vae --net {net}`", *(took[kind][name] for kind, name in columns))
        for net, took in found["nets"].items()
    ]
    titles = (f"first step, {kind}, s" if name == "step" else f"report, {kind}, s" for kind, name in columns)
    return tables.markdown(("command", *titles), [("`--help`", None, None, None, found["help"]), *lines])


def run(name: str, config: Config) -> None:
    """Measure and print."""
    found = measure(config)
    print(json.dumps(found) if config.json else table(found))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

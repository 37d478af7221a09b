"""How long a person waits: from the command to `--help`, and to the first step of training.

python -m experiments.bench.start

Cold has an empty cache of compiled programs, warm the one that the cold run left. A step has been reached when its
digest stands in the run folder; the run is ended there.
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
from typing import Any

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


def first_step_seconds(flags: Sequence[str], cache: Path) -> float:
    """Until step 1 has been taken by a run that keeps its compiled programs below `cache`.

    Raises:
        ConfigError: the run ended before.
    """
    env = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    with tempfile.TemporaryDirectory() as runs, tempfile.TemporaryFile("w+") as errors:
        command = [*SCRIPT, *flags, "--runs-dir", runs]
        since = time.perf_counter()
        process = subprocess.Popen(
            command, env={**env, "XDG_CACHE_HOME": str(cache)}, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            while process.poll() is None:
                if any(1 in reached(file) for file in Path(runs).rglob("digests.jsonl")):
                    return time.perf_counter() - since
                time.sleep(PAUSE)
            errors.seek(0)
            last = (errors.read().strip() or "it said nothing").splitlines()[-1]
            raise ConfigError(f"{' '.join(flags)}: ended before its first step: {last}")
        finally:
            process.kill()
            process.wait()


def reached(file: Path) -> list[int]:
    """The steps whose digest stands in a file; a line that is being written does not count."""
    return [json.loads(line)["step"] for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]


def measure(config: Config) -> dict[str, Any]:
    """Medians, in seconds."""
    helped = [help_seconds() for _ in range(1 + config.rounds)][1:]
    found: dict[str, Any] = {"help": statistics.median(helped), "nets": {}}
    for net in config.nets:
        flags, cold, warm = ["--data", config.data, "--net", net], [], []
        for _ in range(config.rounds):
            with tempfile.TemporaryDirectory() as cache:
                cold.append(first_step_seconds(flags, Path(cache)))
                warm.append(first_step_seconds(flags, Path(cache)))
        found["nets"][net] = {"cold": statistics.median(cold), "warm": statistics.median(warm)}
        print(f"{net}: {found['nets'][net]}", file=sys.stderr)
    return found


def table(found: dict[str, Any]) -> str:
    """A line for each command."""
    from aelab.report import tables

    lines = [(f"`python -m experiments.vae --net {net}`", s["cold"], s["warm"]) for net, s in found["nets"].items()]
    return tables.markdown(
        ("command", "cold, s", "warm, s"), [("`python -m experiments.vae --help`", None, found["help"]), *lines]
    )


def run(name: str, config: Config) -> None:
    """Measure and print."""
    found = measure(config)
    print(json.dumps(found) if config.json else table(found))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

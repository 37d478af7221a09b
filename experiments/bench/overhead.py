"""What safety costs: seconds an epoch of the fully connected VAE with and without saves, on one core, with whole sums.

python -m experiments.bench.overhead --data tfds:mnist

Each way is the same command in a process of its own, in turns; an epoch is the time from its end in `timings.jsonl` to
that of the next.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aelab.config import Count
from aelab.runner import launch


@dataclass(frozen=True)
class Config:
    """The fully connected VAE 784-400-20, batches of 128."""

    data: str = "tfds:mnist"  # the set
    epochs: Count = 6  # of a run; the first, which compiles, is not counted
    rounds: Count = 3  # turns
    json: bool = False  # print the result as one line of JSON


def epoch_seconds(config: Config, flags: list[str], xla_flags: str) -> list[float]:
    """Seconds of every epoch but the first of one run in a process of its own."""
    net = ["--widths", "400", "--latent-dim", "20", "--epochs", str(config.epochs), "--importance-samples", "0"]
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "experiments.vae", "--data", config.data, *net, "--runs-dir", runs, *flags]
        subprocess.run(
            command, check=True, capture_output=True, env={**os.environ, "XLA_FLAGS": "", "AELAB_XLA_FLAGS": xla_flags}
        )
        (file,) = Path(runs).rglob("timings.jsonl")
        at = {row["step"]: row["time"] for row in map(json.loads, file.read_text().splitlines())}
    epoch = max(at) // config.epochs
    ends = [at[epoch * number] for number in range(1, config.epochs + 1)]
    return [after - before for before, after in itertools.pairwise(ends)]


def measure(config: Config) -> dict[str, dict[str, float]]:
    """Of each way the median seconds of an epoch, and the ratio, round by round, to a run without saves."""
    from aelab.devices import startup

    ways: dict[str, tuple[list[str], str]] = {
        "no saves": (["--save-every", str(config.epochs)], ""),
        "a save every epoch": ([], ""),
        "a save every epoch, whole sums": ([], startup.WHOLE_SUMS),
        "a save every epoch, --deterministic": (["--deterministic"], ""),
    }
    found: dict[str, list[list[float]]] = {way: [] for way in ways}
    for number in range(config.rounds):
        for way, settings in ways.items():
            found[way].append(epoch_seconds(config, *settings))
            print(f"round {number + 1}, {way}: {statistics.median(found[way][-1]):.2f} s", file=sys.stderr)
    measured = {}
    for way, rounds in found.items():
        pairs = zip(rounds, found["no saves"], strict=True)
        ratio = statistics.median(statistics.median(own) / statistics.median(bare) for own, bare in pairs)
        measured[way] = {"seconds": statistics.median(s for seconds in rounds for s in seconds), "ratio": ratio}
    return measured


def table(measured: dict[str, dict[str, float]]) -> str:
    """A line for each way."""
    from aelab.report import tables

    rows = [(way, found["seconds"], found["ratio"]) for way, found in measured.items()]
    return tables.markdown(("way", "s per epoch", "ratio"), rows)


def run(name: str, config: Config) -> None:
    """Take turns, and print what they took."""
    measured = measure(config)
    print(json.dumps({"ways": measured}) if config.json else table(measured))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

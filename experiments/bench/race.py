"""aelab against what people would pick instead: every row's contenders take turns, on this machine, in this minute.

make bench
python -m experiments.bench.race --rows fc conv --rounds 5

Needs the environment of the peers (`make peers`). Writes `--results` as JSON, and RESULTS.md with its figures from it.
Rows are those of experiments/bench/rows.py, and `start`, `saves`, `streaming`, `growth`, `profiles`: what is measured
of aelab alone.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aelab.config import Count
from aelab.errors import AelabError, ConfigError
from aelab.runner import launch
from aelab.runs.strict import strict
from experiments.bench import machine, race_data
from experiments.bench import rows as known
from experiments.bench.contenders import raced

HERE = Path(__file__).parent
MEASURES = {  # of aelab alone: a script of this folder and its flags
    "start": ("start",),
    "saves": ("overhead", "--data", "tfds:mnist"),
    "streaming": ("streaming", "--data", "tfds:mnist", "--rounds", "9"),
    "growth": ("growth", "--data", "tfds:mnist"),
    "profiles": ("profiles", "--data", "tfds:mnist"),
}
SMALL = {  # the same in small
    "start": ("start", "--nets", "mlp", "--rounds", "1"),
    "saves": ("overhead", "--data", "digits", "--epochs", "2", "--rounds", "1"),
    "streaming": ("streaming", "--smoke", "--no-epoch"),
    "growth": ("growth", "--data", "digits", "--examples", "128", "1280", "--widths", "8", "16"),
    "profiles": ("profiles", "--data", "digits", "--rows", "fc"),
}


@dataclass(frozen=True)
class Config:
    """Which rows, how often, and where the peers live."""

    data: str = "tfds:mnist"  # images of 28 by 28
    rows: tuple[str, ...] = (*known.ROWS, *MEASURES)  # what to race or measure
    rounds: Count = 5  # turns of each contender that count
    peers: Path = Path(".peers/bin/python")  # the interpreter of the peers' environment
    results: Path = Path("results/bench.json")  # rows that are there and not raced now stay
    page: Path = HERE  # folder of RESULTS.md and its figures
    smoke: bool = False  # tiny turns whose results are not kept: does it run?


def run_row(row: known.Row, others: Sequence[str], rounds: int, data: str, peers: Path) -> dict[str, Any]:
    """Race a row against `others`; gives all that was measured."""
    took = raced((known.start(name, row, data, peers) for name in ("ceiling", "aelab", *others)), rounds)
    device = {fact: took["aelab"][fact] for fact in ("platform", "device")}
    stated = {"title": row.title, "work": row.work, "ours": dict(row.ours), "device": device}
    return {**stated, "contenders": took, **machine.stamp()}


def measure(name: str, small: bool) -> dict[str, Any]:
    """What a script of this folder measures, in a process of its own."""
    module, *flags = (SMALL if small else MEASURES)[name]
    command = [sys.executable, "-m", f"experiments.bench.{module}", "--json", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise ConfigError(f"{name}: ended with code {done.returncode}")
    return {**json.loads(done.stdout.splitlines()[-1]), **machine.stamp()}


def find(name: str, config: Config, data: str) -> tuple[str, dict[str, Any]]:
    """Race or measure; gives the part of the results that it belongs to, and what was found."""
    from experiments.bench import results

    if name in MEASURES:
        return "measures", measure(name, config.smoke)
    row = known.small(known.ROWS[name]) if config.smoke else known.ROWS[name]
    found = run_row(row, row.peers, config.rounds, data, config.peers)
    print(results.line(name, found), file=sys.stderr)
    return "rows" if found["device"]["platform"] == "cpu" else "accelerator", found


def keep(measured: dict[str, Any], part: str, name: str, found: dict[str, Any], config: Config) -> None:
    """Add what was found, in the order of the rows, and write results and page."""
    from aelab.runs.atomic import write_atomically
    from experiments.bench import page

    order = [*known.ROWS, *MEASURES]
    all_of = {**measured.get(part, {}), name: found}
    measured[part] = {row: all_of[row] for row in order if row in all_of}
    if part != "accelerator" or "machine" not in measured:
        measured["machine"] = machine.describe(measured)
    write_atomically(config.results, strict(measured, config.results, indent=1).encode())
    page.write(measured, config.page)


def check(config: Config) -> None:
    """Raises ConfigError where a row is unknown, or what it is raced against is not there."""
    if unknown := [row for row in config.rows if row not in (*known.ROWS, *MEASURES)]:
        raise ConfigError(f"--rows: no {unknown[0]!r}; there are {' '.join((*known.ROWS, *MEASURES))}")
    if not config.peers.exists() and set(config.rows) & set(known.ROWS):
        raise ConfigError(f"--peers: no {config.peers}; `make peers` makes the environment of the peers")


def run(name: str, config: Config) -> None:
    """Race and measure; results and page are written after each row. One that fails stays as it was.

    Raises:
        ConfigError: no such row, no peers, or the first row that failed, once the others are done.
    """
    from experiments.bench import results

    check(config)
    failed: list[AelabError] = []
    with tempfile.TemporaryDirectory() as folder:
        if config.smoke:
            config = replace(config, rounds=1, results=Path(folder) / "bench.json", page=Path(folder))
        measured = json.loads(config.results.read_text()) if config.results.exists() else {}
        data = race_data.save_images(config.data, folder)
        for row in config.rows:
            try:
                part, found = find(row, config, data)
                keep(measured, part, row, found, config)
            except AelabError as error:
                print(f"{row}: {error}", file=sys.stderr)
                failed.append(error)
    print(results.table(measured.get("rows", {})))
    if failed:
        raise failed[0]


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

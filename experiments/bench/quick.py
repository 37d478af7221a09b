"""Has anything become slower? A few rows again, and their ratios against those of results/bench.json.

make bench-quick

Ratios and not times: a machine that is slower is slower for both. Turns have a third of the steps. Contenders of our
own environment take part, and PyTorch where the peers' environment is there. The exit code is 6 where a ratio has
fallen by more than `--tolerance`.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import Count, Share
from aelab.errors import ConfigError, NotReproducedError
from aelab.runner import launch
from experiments.bench import race, race_data, results
from experiments.bench.rows import APART, CALLS, ROWS, WAYS, Row

GUARDED = {
    "fc": ("Flax's example", CALLS, "PyTorch, fused Adam"),
    "conv": ("Flax's example", CALLS, "PyTorch, fused Adam"),
    "sweep-mlp": (APART,),
}


@dataclass(frozen=True)
class Config:
    """Which ratios count as fallen."""

    data: str = "tfds:mnist"  # images of 28 by 28
    rows: tuple[str, ...] = tuple(GUARDED)  # what to race again
    rounds: Count = 3  # turns of each contender that count
    tolerance: Share = 0.25  # of a ratio that may be lost: rounds of one program on a quiet machine differ by a tenth
    peers: Path = Path(".peers/bin/python")  # PyTorch is left out where it is not there
    results: Path = Path("results/bench.json")  # what was measured with care


class Ratio(NamedTuple):
    """How many times as fast as another aelab was, and is."""

    row: str
    other: str
    stored: float
    now: float

    def fallen(self, tolerance: float) -> bool:
        return self.now < self.stored * (1 - tolerance)


def compare(stored: dict[str, Any], now: dict[str, Any]) -> Iterator[Ratio]:
    """The ratios of a row that both have, however many steps there are in a turn.

    Raises:
        ConfigError: they are not of the same work.
    """
    works = [{**row["work"], **row["ours"], "steps": None} for row in (stored, now)]
    if works[0] != works[1]:
        raise ConfigError(f"--results: {now['title']} was measured with other sizes; `make bench` measures it anew")
    for other in results.others(now):
        if other in stored["contenders"]:
            yield Ratio(now["title"], other, results.ratio(stored, other), results.ratio(now, other))


def shorter(row: Row) -> Row:
    """The row with a third of its steps, rounded down: 156, 16 and 100 divide into long chunks, 157 would not."""
    return row._replace(work={**row.work, "steps": row.work["steps"] // 3})


def verdict(ratios: list[Ratio], tolerance: float) -> str:
    """A line for each ratio.

    Raises:
        NotReproducedError: the first that has fallen.
    """
    from aelab.report import tables

    lines = [(r.row, r.other, r.stored, r.now, "fallen" if r.fallen(tolerance) else "holds") for r in ratios]
    table = tables.markdown(("task", "against", "stored", "now", ""), lines)
    for ratio in ratios:
        if ratio.fallen(tolerance):
            print(table)
            raise NotReproducedError(
                f"{ratio.row} was {ratio.stored:.2f} times as fast as {ratio.other} and is {ratio.now:.2f} times, "
                f"more than {tolerance:.0%} less; is the machine quiet?"
            )
    return table


def stored_rows(config: Config) -> dict[str, Any]:
    """What was measured of the rows that are asked for."""
    if not config.results.exists():
        raise ConfigError(f"--results: no {config.results}; `make bench` measures it")
    rows = json.loads(config.results.read_text()).get("rows", {})
    for name in config.rows:
        if name not in GUARDED:
            raise ConfigError(f"--rows: no {name!r}; there are {' '.join(GUARDED)}")
        if name not in rows:
            raise ConfigError(f"{config.results}: has no {name}; `make bench` measures it")
    return rows


def run(name: str, config: Config) -> None:
    """Race and compare."""
    stored, ratios = stored_rows(config), []
    with tempfile.TemporaryDirectory() as folder:
        data = race_data.save_images(config.data, folder)
        for row in config.rows:
            others = [other for other in GUARDED[row] if WAYS[other].here or config.peers.exists()]
            now = race.run_row(shorter(ROWS[row]), others, config.rounds, data, config.peers)
            print(results.line(row, now), file=sys.stderr)
            ratios += compare(stored[row], now)
    print(verdict(ratios, config.tolerance))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))

"""What the benchmark is meant to show, and whether what was measured does."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from aelab.report import tables
from experiments.bench import growth, results
from experiments.bench.rows import APART

REPORT = {"mlp": 6.0, "conv": 8.0, "lstm": 8.0, "transformer": 10.0}  # seconds from the command, behind one epoch


class Goal(NamedTuple):
    """A figure that should reach `least`, or stay below `most`."""

    words: str
    shown: str
    value: float
    least: float = float("-inf")
    most: float = float("inf")

    @property
    def met(self) -> bool:
        return self.least <= self.value <= self.most


def goals(measured: dict[str, Any]) -> Iterator[Goal]:
    """All that can be judged by what has been measured."""
    rows, found = measured.get("rows", {}), measured.get("measures", {})
    for name, row in rows.items():
        yield from by_row.get(name, trained)(row)
    if "start" in found:
        seconds = found["start"]["help"]
        yield Goal("`--help` within a second", f"{seconds:.2f} s", seconds, most=1.0)
        for net, took in found["start"]["nets"].items():
            cold, warm, most = took["cold"]["report"], took["warm"]["report"], REPORT[net]
            yield Goal(f"report of `{net}` within {most:g} s, warm", f"{warm:.2f} s", warm, most=most)
            words = f"report of `{net}`: cold within 2.5 times as long as warm"
            yield Goal(words, f"{cold / warm:.2f} ×", cold / warm, most=2.5)
    if "saves" in found:
        cost = found["saves"]["ways"]["a save every epoch"]["ratio"] - 1
        yield Goal("a save every epoch costs less than 5 %", growth.percent(cost), cost, most=0.05)
    if "growth" in found:
        worst = max(map(abs, growth.deviations(found["growth"]["examples"], "examples")))
        yield Goal("linear in examples within 10 %", f"{worst:.0%}", worst, most=0.1)
        widths = found["growth"]["widths"]
        wide = abs(growth.deviations(widths, "flop")[-2])
        words = f"linear in width within 10 %, from {widths[-2]['width']:,} to {widths[-1]['width']:,}"
        yield Goal(words, f"{wide:.0%}", wide, most=0.1)


def trained(row: dict[str, Any]) -> Iterator[Goal]:
    """1.3 times the best peer at batches of 128, never less than it."""
    best = results.best_peer(row)
    ratio, least = results.ratio(row, best), 1.3 if row["work"]["batch"] == 128 else 1.0
    yield Goal(f"{row['title']}, batch {row['work']['batch']}: {least} × {best}", f"{ratio:.2f} ×", ratio, least)


def share(row: dict[str, Any], least: float) -> Goal:
    found = results.share_of_ceiling(row)
    return Goal(f"{row['title']}: {least:.0%} of the matmul ceiling", f"{found:.0%}", found, least)


def against(row: dict[str, Any], other: str, least: float) -> Goal:
    ratio = results.ratio(row, other)
    return Goal(f"{row['title']}: {least} × {other}", f"{ratio:.2f} ×", ratio, least)


def _full(row: dict[str, Any], pythae: float, ceiling: float) -> Iterator[Goal]:
    yield from trained(row)
    yield from (against(row, "Pythae", pythae), share(row, ceiling))


def _sweep(row: dict[str, Any], least: float) -> Iterator[Goal]:
    yield from (against(row, results.best_peer(row), least), against(row, APART, 1.0))


by_row: dict[str, Callable[[dict[str, Any]], Iterator[Goal]]] = {
    "fc": lambda row: _full(row, 2.0, 0.6),
    "conv": lambda row: _full(row, 1.3, 0.4),
    "lstm": lambda row: iter((*trained(row), share(row, 0.4))),
    "bound": lambda row: iter([against(row, "Pythae get_nll", 6.0)]),
    "sweep-mlp": lambda row: _sweep(row, 3.5),
    "sweep-conv": lambda row: _sweep(row, 1.5),
}


def table(measured: dict[str, Any]) -> str:
    """A line for each goal."""
    lines = [(goal.words, goal.shown, "yes" if goal.met else "no") for goal in goals(measured)]
    return tables.markdown(("goal", "measured", "met"), lines)

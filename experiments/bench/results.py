"""From what a race measured to its tables: medians, and ratios round by round."""

import statistics
from typing import Any

from aelab import tables

OURS, CEILING = "aelab", "ceiling"


def speeds(row: dict[str, Any]) -> dict[str, float]:
    """Median examples per second of every contender."""
    examples = row["work"]["batch"] * row["work"]["steps"]
    took = {name: found["seconds"] for name, found in row["contenders"].items() if name != CEILING}
    return {name: examples / statistics.median(seconds) for name, seconds in took.items()}


def ratio(row: dict[str, Any], peer: str) -> float:
    """How many times faster aelab is than a peer: the median over rounds of the ratio within a round."""
    ours, theirs = (row["contenders"][name]["seconds"] for name in (OURS, peer))
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def best_peer(row: dict[str, Any]) -> str:
    """The fastest contender that is not aelab."""
    return max((name for name in speeds(row) if name != OURS), key=speeds(row).__getitem__)


def share_of_ceiling(row: dict[str, Any]) -> float:
    """aelab's matrix products per second over those of the largest product, both medians."""
    ceiling = row["contenders"][CEILING]
    most = ceiling["flop"] / statistics.median(ceiling["seconds"])
    return speeds(row)[OURS] * row["contenders"][OURS]["flop_per_example"] / most


def line(name: str, row: dict[str, Any]) -> str:
    """One row in words."""
    peers = ", ".join(f"{peer} {ratio(row, peer):.2f}" for peer in speeds(row) if peer != OURS)
    return f"{name}: {speeds(row)[OURS]:,.0f} examples/s, {share_of_ceiling(row):.0%} of the ceiling; times {peers}"


def table(measured: dict[str, Any]) -> str:
    """All rows: examples per second, the best peer, the ratio to it and to each of the others."""
    columns = ("task", "batch", "aelab, examples/s", "best peer", "its examples/s", "ratio", "share of ceiling")
    lines = []
    for row in measured["rows"].values():
        best, speed = best_peer(row), speeds(row)
        own, theirs = f"{speed[OURS]:,.0f}", f"{speed[best]:,.0f}"
        share = f"{share_of_ceiling(row):.0%}"
        lines.append((row["title"], row["work"]["batch"], own, best, theirs, ratio(row, best), share))
    return tables.markdown(columns, lines)


def others(measured: dict[str, Any]) -> str:
    """How many times faster aelab is than each contender of each row."""
    names = list(dict.fromkeys(name for row in measured["rows"].values() for name in speeds(row) if name != OURS))
    lines = [
        (
            row["title"],
            row["work"]["batch"],
            *(ratio(row, name) if name in row["contenders"] else None for name in names),
        )
        for row in measured["rows"].values()
    ]
    return tables.markdown(("task", "batch", *names), lines)

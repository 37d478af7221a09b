"""From what a race measured to its tables: medians, and ratios round by round."""

import statistics
from typing import Any

from aelab.report import tables

OURS, CEILING = "aelab", "ceiling"


def examples(row: dict[str, Any], name: str) -> int:
    """How many a contender trains, or scores, in a turn."""
    work = row["work"]
    here = row["contenders"][name].get("examples")
    return here or work["batch"] * work["steps"] * work.get("members", 1)


def speeds(row: dict[str, Any]) -> dict[str, float]:
    """Median examples per second of every contender."""
    took = {name: found["seconds"] for name, found in row["contenders"].items() if name != CEILING}
    return {name: examples(row, name) / statistics.median(seconds) for name, seconds in took.items()}


def ratio(row: dict[str, Any], other: str) -> float:
    """How many times faster aelab is than another: the median over rounds of the ratio of speeds within a round."""
    ours, theirs = (row["contenders"][name]["seconds"] for name in (OURS, other))
    work = examples(row, OURS) / examples(row, other)
    return work * statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def others(row: dict[str, Any]) -> list[str]:
    """The contenders that aelab is held against, its own other ways among them."""
    return [name for name in row["contenders"] if name not in (OURS, CEILING)]


def best_peer(row: dict[str, Any]) -> str:
    """The fastest contender that is not aelab in any way."""
    peers = [name for name in others(row) if not name.startswith(OURS)]
    return max(peers, key=speeds(row).__getitem__)


def share_of_ceiling(row: dict[str, Any]) -> float:
    """aelab's matrix products per second over those of the largest product, both medians."""
    ceiling = row["contenders"][CEILING]
    most = ceiling["flop"] / statistics.median(ceiling["seconds"])
    return speeds(row)[OURS] * row["contenders"][OURS]["flop_per_example"] / most


def line(name: str, row: dict[str, Any]) -> str:
    """One row in words."""
    peers = ", ".join(f"{other} {ratio(row, other):.2f}" for other in others(row))
    return f"{name}: {speeds(row)[OURS]:,.0f} examples/s, {share_of_ceiling(row):.0%} of the ceiling; times {peers}"


def table(rows: dict[str, Any]) -> str:
    """All rows: examples per second, the best peer, the ratio to it, the share of the measured matmul rate."""
    columns = ("task", "batch", "aelab, examples/s", "best peer", "its examples/s", "ratio", "share of ceiling")
    lines = []
    for row in rows.values():
        best, speed = best_peer(row), speeds(row)
        share = f"{share_of_ceiling(row):.0%}"
        own, theirs = round_speed(speed[OURS]), round_speed(speed[best])
        lines.append((row["title"], row["work"].get("batch"), own, best, theirs, ratio(row, best), share))
    return tables.markdown(columns, lines)


def round_speed(per_second: float) -> int | float:
    """Whole examples where there are many."""
    return round(per_second) if per_second >= 100 else per_second


def ratios(rows: dict[str, Any]) -> str:
    """How many times faster aelab is than each other contender: a line for each pair."""
    lines = [
        (row["title"], row["work"].get("batch"), other, round_speed(speeds(row)[other]), ratio(row, other))
        for row in rows.values()
        for other in others(row)
    ]
    return tables.markdown(("task", "batch", "against", "its examples/s", "aelab times as fast"), lines)


def memory(rows: dict[str, Any]) -> str:
    """The peak of the resident memory of every process, MB."""
    lines = []
    for row in rows.values():
        took = {name: round(found["peak_bytes"] / 1e6) for name, found in row["contenders"].items() if name != CEILING}
        rest = ", ".join(f"{name} {took[name]:,}" for name in others(row))
        lines.append((row["title"], row["work"].get("batch"), took[OURS], rest))
    return tables.markdown(("task", "batch", "aelab, MB", "the others, MB"), lines)


def step_times(rows: dict[str, Any]) -> str:
    """Milliseconds of a step and the share of the matmul rate measured in the same minute."""
    lines = []
    for row in rows.values():
        if steps := row["work"].get("steps"):
            seconds = statistics.median(row["contenders"][OURS]["seconds"])
            share = f"{share_of_ceiling(row):.0%}"
            lines.append((row["title"], row["work"]["batch"], row["device"]["device"], 1e3 * seconds / steps, share))
    return tables.markdown(("task", "batch", "device", "ms per step", "share of ceiling"), lines)

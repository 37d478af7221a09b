"""Command lines of the scripts of tables that cannot be carried out: sets that will not do, lists that are empty."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from command_case import Command, text


def events(*shape: int, classes: int = 2, value: float | None = None, dtype: Any = np.uint8) -> Callable[[Path], Any]:
    """`a.npz` of so many events, their labels one class after the other; all entries are `value` where it is given."""
    drawn = np.random.default_rng(0).integers(0, 256, shape) if value is None else np.full(shape, value)
    labels = {"y": np.arange(shape[0]) % classes} if classes else {}
    return lambda _: np.savez("a.npz", x=drawn.astype(dtype), **labels)


def with_gaps(_: Path) -> None:
    x = np.random.default_rng(0).normal(size=(20, 12, 1))
    x[3, 5] = np.nan
    np.savez("a.npz", x=x)


PAIRS = text("a.csv", "a,b,label\n" + "".join(f"{i},{i * i},{'xy'[i % 2]}\n" for i in range(20)))

TABLES = [
    Command("no seed", "python -m experiments.reduce --data digits --seeds"),
    Command("no kind of hole", "python -m experiments.occlusion --data digits --holes"),
    Command(
        "quadrants of series",
        "python -m experiments.occlusion --data npz:a.npz --holes quadrants",
        events(20, 12, 1, dtype=float),
    ),
    Command("vectors where images are wanted", "python -m experiments.quadrants --data csv:a.csv", PAIRS),
    Command(
        "real numbers for published coins",
        "python -m experiments.quadrants --data npz:a.npz",
        events(20, 8, 8, dtype=float),
    ),
    Command("entries that are missing", "python -m experiments.occlusion --data npz:a.npz", with_gaps),
    Command("no classes", "python -m experiments.generate --data npz:a.npz", events(20, 8, 8, classes=0)),
    Command("one class", "python -m experiments.classify --data npz:a.npz", events(20, 8, 8, classes=1)),
    Command("no such class", "python -m experiments.one_class --data npz:a.npz --normal 7", events(20, 8, 8)),
    Command("no such anomaly", "python -m experiments.detect --data npz:a.npz --anomalous 7", events(20, 8, 8)),
    Command("a lone test event", "python -m experiments.denoise --data npz:a.npz", events(5, 8, 8)),
    Command("a class with few events", "python -m experiments.one_class --data npz:a.npz", events(20, 8, 8)),
    Command("a class without validation", "python -m experiments.classify --data npz:a.npz", events(20, 8, 8)),
    Command("events that are all alike", "python -m experiments.occlusion --data npz:a.npz", events(20, 8, 8, value=7)),
]

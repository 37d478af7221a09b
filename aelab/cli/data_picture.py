"""`aelab data info --picture`: some events of each class, drawn as a model sees them; rows of a table as they stand."""

from pathlib import Path
from typing import Any

import numpy as np

from aelab.data.source import Source, Splits

SHOWN = 10  # events of each class in a picture, and rows of it at most
LINES = 3  # rows of a table of each class


def draw(splits: Splits, path: Path) -> None:
    """Write a PNG with some training events of each class, or of all where there are none.

    Raises:
        StorageError: it cannot be written.
    """
    from aelab.figures import paper
    from aelab.runs.atomic import write_atomically

    with paper.style():
        write_atomically(path, paper.png(figure(splits)), "--picture")


def figure(splits: Splits) -> Any:
    """The figure of some training events."""
    from aelab.evaluation.table_rows import columns_of, described
    from aelab.figures import long
    from aelab.figures.rows import table
    from aelab.figures.tiles import tiles

    events, rows = chosen(splits.train)
    if columns_of(splits.spec):
        given = described(events, splits.spec)
        count, texts = min(len(splits.train), SHOWN**2), given["texts"]
        all_over = texts.reshape(-1, texts.shape[-1])[: count : max(1, count // SHOWN)]
        return table(given, texts[:, :LINES] if rows else all_over[None, :SHOWN], splits.name, heads=rows)
    events = events[:, long.first(events.shape[1], events.shape[2:])]
    return tiles(events, title=splits.name, rows=rows)


def chosen(source: Source) -> tuple[np.ndarray, list[str]]:
    """Events as a model sees them, `[row, column, *event]`, NaN where there is none, and the name of each row."""
    from aelab.data.arrays import labels

    classes, label = list(source.spec.classes[:SHOWN]), labels(source)
    if label is None:
        classes, found = [], _rows(_spread(np.arange(len(source)), SHOWN**2))
    else:
        found = [_spread(np.flatnonzero(label == i), SHOWN) for i in range(len(classes))]
    events = np.full((len(found), max(map(len, found)), *source.spec.shape), np.nan, np.float32)
    for row, indices in zip(events, found, strict=True):
        if len(indices):
            row[: len(indices)] = drawn(source, indices)
    return events, classes


def _spread(indices: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of them, from the first to the last."""
    return indices if len(indices) <= count else indices[np.linspace(0, len(indices) - 1, count).astype(int)]


def _rows(indices: np.ndarray) -> list[np.ndarray]:
    return np.split(indices, range(SHOWN, len(indices), SHOWN))


def drawn(source: Source, indices: np.ndarray) -> np.ndarray:
    """Events as a model sees them, NaN behind the end of a series and where nothing was observed."""
    from aelab.data.normalise import normalised

    batch = source.get_batch(indices)
    x = normalised(batch, source.spec)
    if source.spec.missing:
        x[np.isnan(batch["x"])] = np.nan
    if "length" in batch:
        x[np.arange(x.shape[1]) >= batch["length"][:, None]] = np.nan
    return x

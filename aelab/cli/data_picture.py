"""`aelab data info --picture`: some events of each class, drawn as a model sees them."""

from pathlib import Path

import numpy as np

from aelab.data.source import Source, Splits

SHOWN = 10  # events of each class in a picture, and rows of it at most


def draw(splits: Splits, path: Path) -> None:
    """Write a PNG with some training events of each class, or of all where there are none.

    Raises:
        StorageError: it cannot be written.
    """
    from aelab.figures import long, paper
    from aelab.figures.tiles import tiles
    from aelab.runs.atomic import write_atomically

    events, rows = chosen(splits.train)
    events = events[:, long.first(events.shape[1], events.shape[2:])]
    with paper.style():
        write_atomically(path, paper.png(tiles(events, title=splits.name, rows=rows)), "--picture")


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
    """Events as a model sees them, NaN behind the end of a series."""
    from aelab.data.normalise import normalised

    batch = source.get_batch(indices)
    x = normalised(batch, source.spec)
    if "length" in batch:
        x[np.arange(x.shape[1]) >= batch["length"][:, None]] = np.nan
    return x

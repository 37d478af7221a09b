"""Rows of a table and what a model makes of them, as texts in the table's own columns and units."""

from collections.abc import Mapping, Sequence

import numpy as np

from aelab.data.columns import Column, blocks, cells
from aelab.data.normalise import as_stored
from aelab.data.source import Spec

Arrays = dict[str, np.ndarray]
ROWS, MOST = 6, 12  # test rows beside what comes back; columns of a figure


def columns_of(spec: Spec) -> Sequence[Column]:
    """The columns of events that are vectors, by number where they have no names; none of other events."""
    if spec.columns or len(spec.shape) > 1:
        return spec.columns
    return [Column(name, "number") for name in spec.names or map(str, range(spec.shape[0]))]


def as_tables(drawn: Mapping[str, Arrays], spec: Spec) -> dict[str, Arrays]:
    """The figures of vectors as figures of rows: `texts` beside their events, for as many `columns` as can be read.

    The reconstructions become the figure "rows". Other events than vectors stay as they are.
    """
    columns = columns_of(spec)
    if not columns:
        return dict(drawn)
    kept = chosen(drawn["reconstructions"]["originals"], columns)
    shared, found = _said(columns, kept), {}
    for name, arrays in drawn.items():
        if name == "reconstructions":
            found["rows"] = _texts({key: x[:ROWS] for key, x in arrays.items()}, columns, kept, spec) | shared
        elif name == "manifold":
            found[name] = arrays | _maps(arrays["events"], columns, kept) | shared
        elif "events" in arrays:
            found[name] = arrays | _texts(arrays, columns, kept, spec) | shared
        else:
            found[name] = arrays
    return found


def described(events: np.ndarray, spec: Spec) -> Arrays:
    """Rows of a table `[…, entry]` as `texts` `[…, column]`, and what `columns` these are."""
    columns = columns_of(spec)
    kept = chosen(events.reshape(-1, events.shape[-1]), columns)
    return {"texts": texts_of(events, columns, kept, spec)} | _said(columns, kept)


def _said(columns: Sequence[Column], kept: Sequence[int]) -> Arrays:
    return {
        "columns": np.array([columns[i].name for i in kept]),
        "words": np.array([columns[i].kind != "number" for i in kept]),
        "total": np.array(len(columns)),
    }


def chosen(originals: np.ndarray, columns: Sequence[Column]) -> list[int]:
    """Columns in which these rows differ, as those at the rim of pictures do not; words before numbers."""
    differ = [i for i, own in enumerate(blocks(originals, columns)) if (own != own[:1]).any()]
    by_kind = sorted(differ or range(len(columns)), key=lambda i: columns[i].kind == "number")
    return sorted(by_kind[:MOST])


def _texts(arrays: Arrays, columns: Sequence[Column], kept: Sequence[int], spec: Spec) -> Arrays:
    """The arrays of events as texts, `events` by the name `texts`."""
    names = {"originals": "originals", "inputs": "inputs", "rebuilt": "rebuilt", "events": "texts"}
    return {said: texts_of(arrays[name], columns, kept, spec) for name, said in names.items() if name in arrays}


def _maps(events: np.ndarray, columns: Sequence[Column], kept: Sequence[int]) -> Arrays:
    """Each entry of the columns kept over the plane of a code, `maps` [entry, row, column], and their names."""
    own = np.concatenate([blocks(events, columns)[i] for i in kept], -1)
    return {"maps": np.moveaxis(own, -1, 0), "entries": np.array([name for i in kept for name in columns[i].entries])}


def texts_of(events: np.ndarray, columns: Sequence[Column], kept: Sequence[int], spec: Spec) -> np.ndarray:
    """Events `[…, entry]` as the model sees them as texts `[…, column]` of the columns `kept`; NaN is an empty cell."""
    x = as_stored(events.reshape(-1, events.shape[-1]), spec)
    x[np.abs(x) < 1e-6 * np.add(np.abs(spec.shift), np.abs(spec.scale))] = 0  # the way there and back was rounded
    own = np.concatenate([blocks(x, columns)[i] for i in kept], -1)
    texts = cells(own, [columns[i] for i in kept])
    return np.array([[_short(text) for text in row] for row in texts]).reshape(*events.shape[:-1], len(kept))


def _short(text: str) -> str:
    """A number with four digits."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text

"""Rows of a table and what a model makes of them, as texts in the table's own columns and units."""

from collections.abc import Sequence

import numpy as np

from aelab.data.columns import Column, cells
from aelab.data.normalise import as_stored
from aelab.data.source import Spec

SHOWN = 6  # rows


def columns_of(spec: Spec) -> Sequence[Column]:
    """The columns of events that are rows of a table with names; none of other events."""
    if spec.columns or len(spec.shape) > 1:
        return spec.columns
    return [Column(name, "number") for name in spec.names]


def table_rows(originals: np.ndarray, rebuilt: np.ndarray, spec: Spec) -> dict[str, np.ndarray]:
    """The arrays of the figure "rows", of events as the model sees them; NaN is an empty cell."""
    columns = columns_of(spec)
    texts = {
        name: _rounded(cells(as_stored(x[:SHOWN], spec), columns)).astype(str)
        for name, x in (("originals", originals), ("rebuilt", rebuilt))
    }
    words = np.array([column.kind != "number" for column in columns])
    return texts | {"columns": np.array([column.name for column in columns]), "words": words}


def _rounded(texts: np.ndarray) -> np.ndarray:
    """Numbers with four digits, for a picture."""
    return np.array([[_short(text) for text in row] for row in texts], object)


def _short(text: str) -> str:
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text

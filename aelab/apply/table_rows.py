"""Tables of several kinds of columns: a file of words and numbers in, a file of words and numbers out."""

from pathlib import Path

import numpy as np

from aelab.apply.given import Given
from aelab.config import DataOptions
from aelab.data import tables
from aelab.data.categories import spread_out
from aelab.data.columns import Column, cells
from aelab.data.source import Spec


def read(source: Path, spec: Spec, options: DataOptions) -> Given:
    """The rows of a table, whose columns are those of the run's by name, or by place where it has no header.

    Raises:
        DataError: a column is missing, or a word that the run's training rows lack where it knows no missing values.
    """
    columns = spec.columns
    worded = [i for i, column in enumerate(columns) if column.kind == "category"]
    names = [column.name for column in columns]
    part = tables.read(source, options.label_column, options, names, features=len(columns), worded=worded)
    x, notes = spread_out(part, columns, missing=spec.missing)
    return Given(x, label=part.label, notes=(*part.notes, *notes))


def names(columns: tuple[Column, ...], events: np.ndarray) -> list[str]:
    """The names of the columns of a file of events `[row, entry]`, or of the steps of lines, `[row, step, entry]`."""
    steps = [""] if events.ndim == 2 else [f" step {step}" for step in range(events.shape[1])]
    return [column.name + step for step in steps for column in columns]


def rows(columns: tuple[Column, ...], events: np.ndarray) -> np.ndarray:
    """These rows as texts, a category as its likeliest level."""
    return cells(events.reshape(-1, events.shape[-1]), columns).reshape(len(events), -1)

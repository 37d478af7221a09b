"""`csv:FILE`: a table of numbers, one event a row; commas, semicolons, tabs or spaces; gzipped or not."""

import csv
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.files import by_role, file_of, lines, reading, shown
from aelab.data.labels import class_labels
from aelab.data.own import Part, assemble
from aelab.data.source import Splits
from aelab.errors import ConfigError

LABELS = ("label", "class")  # columns that are taken for the class without being asked for


class Row(NamedTuple):
    """The cells of one line and its number in the file, from 1."""

    number: int
    cells: list[str]


def load(options: DataOptions) -> Splits:
    """Vectors of the columns; `X_TRAIN.csv` finds `X_TEST.csv` beside it.

    Raises:
        ConfigError: `--label-column` names no column.
        DataError: missing, ragged, or a cell that is no finite number.
    """
    path = file_of(options.data, "file")
    return assemble(options, {role: read(file, options.label_column) for role, file in by_role(path).items()})


def read(path: Path, label_column: str) -> Part:
    """The events and labels of one table, with a header or without one.

    Raises:
        ConfigError: `label_column` names no column.
        DataError: missing, ragged, or a cell that is no finite number.
    """
    with reading(path):
        rows = _rows(path)
        head = list(itertools.islice(rows, 2))
        if not head:
            raise ValueError("it holds no rows")
        header = head[0].cells if _is_header(head) else None
        label = label_index(label_column, len(head[0].cells), header or [])
        names: list[str] = []
        x = _stacked(
            _events(itertools.chain(head[header is not None :], rows), len(head[0].cells), header, label, names)
        )
    return Part(x, class_labels(names) if label is not None else None, path)


def _events(
    rows: Iterable[Row], width: int, header: Sequence[str] | None, label: int | None, names: list[str]
) -> Iterator[np.ndarray]:
    """The numbers of each row; its class goes to `names`."""
    for row in rows:
        if len(row.cells) != width:
            raise ValueError(f"line {row.number} has {len(row.cells)} cells, the first one {width}")
        if label is not None:
            names.append(sys.intern(row.cells.pop(label).strip()))  # one string a class, not one a row
        yield _numbers(row, header, label)


def _stacked(events: Iterator[np.ndarray]) -> np.ndarray:
    """All as one array, block by block: thousands of small arrays would take many times the memory."""
    blocks = []
    while block := list(itertools.islice(events, 4096)):
        blocks.append(np.stack(block))
    if not blocks:
        raise ValueError("it holds a header and no rows")
    return np.concatenate(blocks)


def _rows(path: Path) -> Iterator[Row]:
    """The rows that are not empty."""
    mark = None
    for number, line in enumerate(lines(path), 1):
        if line.strip():
            mark = mark or next((mark for mark in "\t;," if mark in line), " ")
            # one line at a time: a quote that is never closed must not swallow the file
            cells = line.split() if mark == " " else next(csv.reader([line], delimiter=mark, skipinitialspace=True))
            yield Row(number, cells)


def _is_header(head: list[Row]) -> bool:
    """Whether the first of two rows has words where the second has numbers, or counts its columns as pandas does."""
    first, second = head[0].cells, head[-1].cells
    if len(head) == 1:
        return not any(map(_is_number, first))
    above = any(not _is_number(a) and _is_number(b) for a, b in zip(first, second, strict=False))
    return above or (len(first) > 1 and first == [str(i) for i in range(len(first))])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return not cell.strip()  # a missing number
    return True


def label_index(column: str, count: int, header: Sequence[str]) -> int | None:
    """Which of `count` columns `--label-column` means, None for none; "auto" takes one called label or class.

    Raises:
        ConfigError: there is no such column.
    """
    names = [name.strip() for name in header]
    if column == "auto":
        return next((i for i, name in enumerate(names) if name.lower() in LABELS), None)
    if column == "none" and "none" not in names:
        return None
    if column in names:
        return names.index(column)
    try:
        index = int(column)
    except ValueError:
        index = count
    if not -count <= index < count:
        known = f"columns: {shown(', '.join(names[:12]))}" if names else "the file has no header, so a number"
        raise ConfigError(f"--label-column: no column {column!r} among {count}; {known}, from 0")
    return index % count


def _numbers(row: Row, header: Sequence[str] | None, label: int | None) -> np.ndarray:
    try:
        x = np.array(row.cells, np.float64)
    except ValueError:
        x = np.array([float(cell) if cell.strip() and _is_number(cell) else np.nan for cell in row.cells])
    bad = np.flatnonzero(~(np.abs(x) <= np.finfo(np.float32).max))
    if len(bad):
        at = bad[0] + (label is not None and bad[0] >= label)
        column = repr(header[at]) if header else str(at)
        cell = row.cells[bad[0]]
        raise ValueError(
            f"line {row.number}, column {column}: {cell[:40]!r} is no finite number; fill it in, drop the row, "
            "or name a column of classes with --label-column"
        )
    return x.astype(np.float32)

"""`csv:FILE`: a table of numbers, one event a row; commas, semicolons, tabs or spaces; gzipped or not."""

import csv
import itertools
import re
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from aelab.config import DataOptions
from aelab.data import categories, words
from aelab.data.cells import DECIMAL_COMMA
from aelab.data.files import by_role, file_of, lines, reading, shown
from aelab.data.labels import class_labels
from aelab.data.layout import Row, label_index, layout
from aelab.data.own import Part, assemble
from aelab.data.places import at_lines
from aelab.data.source import Splits
from aelab.data.table_cells import Cells

__all__ = ["label_index", "load", "read"]

HEAD = 50  # rows that say how a table is laid out
TWO = re.compile(r"[-+]?\d+,\d+")  # two columns of whole numbers, or one of decimals behind a comma


def load(options: DataOptions) -> Splits:
    """Vectors of the columns; `X_TRAIN.csv` finds `X_TEST.csv` beside it, whose columns go by their names.

    Raises:
        ConfigError: an option names no column.
        DataError: missing, ragged, or a cell that is no finite number.
    """
    parts: dict[str, Part] = {}
    for role, file in by_role(file_of(options.data, "file")).items():
        first = parts.get("train")
        known = None if first is None else tuple(first.words)
        parts[role] = read(file, options.label_column, options, first.names if first else (), worded=known)
    return categories.assemble(options, parts) if options.categorical else assemble(options, parts)


def read(
    path: Path,
    label_column: str = "auto",
    options: DataOptions | None = None,
    wanted: Sequence[str] = (),
    *,
    features: int = 0,
    worded: Sequence[int] | None = None,
) -> Part:
    """The events and labels of one table, with a header or without one; the columns `wanted` of one with a header.

    With `features`, the numbers of an event, columns that the options speak of may be missing. `worded` are the
    places of columns of words among those that are read; None leaves that to the options.

    Raises:
        ConfigError: an option names no column.
        DataError: missing, ragged, or a cell that is no finite number.
    """
    options = options or DataOptions()
    with reading(path):
        notes: list[str] = []
        rows = _rows(path, options, notes)
        head = list(itertools.islice(rows, HEAD))
        if not head:
            raise ValueError("it holds no rows; write one event a row")
        form = layout(head, label_column, options, wanted, features)
        names: list[str] = []
        numbers = array("q")
        rest = head[form.skip :]
        chosen = words.categories(rest, form, options) if worded is None else [form.keep[i] for i in worded]
        cells = Cells(form, options, words.Words(chosen))
        x = _stacked(_events(itertools.chain(rest, rows), cells, names, numbers))
        label = class_labels(names) if form.label is not None else None
    notes = [f"{shown(path.name)}: {note}" for note in (*notes, *form.notes)]
    place = at_lines(path, numbers)
    return Part(x, label, path, names=form.names, notes=tuple(notes), place=place, words=cells.words.of(form.keep))


def _events(rows: Iterable[Row], cells: Cells, names: list[str], numbers: array) -> Iterator[np.ndarray]:
    """The numbers of each row; its class goes to `names`, and its line to `numbers`."""
    form = cells.form
    keep, whole = list(form.keep), form.keep == tuple(range(form.width))
    for row in rows:
        if len(row.cells) != form.width:
            raise ValueError(
                f"line {row.number} has {len(row.cells)} cells, the first one {form.width}; make them alike, or quote "
                "text that holds marks"
            )
        if form.label is not None:
            names.append(sys.intern(row.cells[form.label].strip()))  # one string a class, not one a row
            if not names[-1]:
                raise ValueError(f"line {row.number}, column {form.named(form.label)}: it has no class; fill it in")
        numbers.append(row.number)
        yield cells.numbers(row, row.cells if whole else [row.cells[i] for i in keep])


def _stacked(events: Iterator[np.ndarray]) -> np.ndarray:
    """All as one array, block by block: thousands of small arrays would take many times the memory."""
    blocks = []
    while block := list(itertools.islice(events, 4096)):
        blocks.append(np.stack(block))
    if not blocks:
        raise ValueError("it holds a header and no rows; write one event a row")
    return np.concatenate(blocks)


def _rows(path: Path, options: DataOptions, notes: list[str]) -> Iterator[Row]:
    """The rows that are not empty."""
    there = ((n, line) for n, line in enumerate(lines(path), 1) if line.strip())
    head = list(itertools.islice(there, HEAD))
    comma = options.decimal == "comma" or _one_column(head, options, notes) or _between_spaces(head, options)
    marks = "\t;|" if comma else "\t;,|"
    head, mark = _uncommented(head, marks, notes)
    for n, line in itertools.chain(head, there):
        yield Row(n, _cells(line, mark))


def _cells(line: str, mark: str) -> list[str]:
    """One line at a time: a quote that is never closed must not swallow the file."""
    return line.split() if mark == " " else next(csv.reader([line], delimiter=mark, skipinitialspace=True))


def _uncommented(head: list[tuple[int, str]], marks: str, notes: list[str]) -> tuple[list[tuple[int, str]], str]:
    """The lines below those that begin with # and are no header, and the mark between their cells.

    The last of the former is a header where it has as many cells as the line below, with its # or without.
    """
    count = next((i for i, (_, line) in enumerate(head) if line.lstrip()[:1] != "#"), 0)
    mark = next((mark for mark in marks if head and mark in head[count][1]), " ")
    if not count:
        return head, mark
    number, last = head[count - 1]
    width = len(_cells(head[count][1], mark))
    titles = [line for line in (last, last.lstrip()[1:]) if len(_cells(line, mark)) == width][:1]
    if count > len(titles):
        notes.append(f"{count - len(titles)} lines above the table, which begin with #, are left out")
    return [*((number, line) for line in titles), *head[count:]], mark


def _between_spaces(head: list[tuple[int, str]], options: DataOptions) -> bool:
    """Whether the last of the lines is numbers with decimal commas between spaces, as `3,05 -1,20`."""
    words = head[-1][1].split() if head and options.decimal != "point" else []
    written = [DECIMAL_COMMA.fullmatch(word) is not None for word in words]
    whole = [word.lstrip("+-").isdigit() for word in words]
    return len(words) > 1 and any(written) and all(a or b for a, b in zip(written, whole, strict=True))


def _one_column(head: list[tuple[int, str]], options: DataOptions, notes: list[str]) -> bool:
    """Whether lines as 3,05 are one number each: no whole number of a second column begins with 0."""
    written = [line.strip() for _, line in head]
    if options.decimal == "point" or len(written) < 2 or not all(map(TWO.fullmatch, written)):
        return False
    seconds = [line.partition(",")[2] for line in written]
    if any(len(digits) > 1 and digits[0] == "0" for digits in seconds):
        return True
    notes.append("lines as " + written[0] + " are read as two columns; --decimal comma reads them as one number")
    return False

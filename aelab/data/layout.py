"""How a table is laid out, read off its first lines: header, units, numbers of rows, decimal commas, which columns."""

from collections.abc import Sequence
from typing import NamedTuple

from aelab.config import DataOptions
from aelab.data.cells import MISSING, has_decimal_commas, is_number
from aelab.data.files import shown
from aelab.errors import ConfigError

LABELS = ("label", "class")  # columns that are taken for the class without being asked for
UNNAMED = ("", "unnamed: 0")  # how pandas names the index of a DataFrame


class Row(NamedTuple):
    """The cells of one line and its number in the file, from 1."""

    number: int
    cells: list[str]


class Layout(NamedTuple):
    """What the cells of each row are."""

    width: int  # cells of a row
    header: tuple[str, ...]  # the names of the columns, empty where the file has none
    skip: int  # rows before the first of numbers
    keep: tuple[int, ...]  # columns that are numbers of an event, in order
    label: int | None  # the column of the class
    comma: bool  # before decimals
    notes: tuple[str, ...]

    def named(self, column: int) -> str:
        """A column by its name, or its number from 0."""
        return repr(self.header[column]) if self.header else str(column)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that are kept."""
        return tuple(self.header[column] for column in self.keep) if self.header else ()


def layout(
    head: Sequence[Row], label_column: str, options: DataOptions, wanted: Sequence[str] = (), features: int = 0
) -> Layout:
    """The layout of a table whose first rows are `head`; of an event the columns `wanted`, where it has a header.

    Of a table for a trained run, whose events have `features` numbers, the columns that are not for the model may be
    missing: the class, and what was left out.

    Raises:
        ConfigError: an option names no column.
        ValueError: columns that are wanted are not there.
    """
    notes: list[str] = []
    comma = _comma(head, options, notes)
    first, titled = head[0].cells, has_header(head, comma)
    named_rows = titled and len(head) > 1 and all(len(row.cells) == len(first) + 1 for row in head[1:])
    width = len(first) + named_rows
    header = (*([""] if named_rows else []), *(cell.strip() for cell in first)) if titled else ()
    skip = _skipped(head, comma, notes) if titled else 0
    if features and width == features and not header:  # the numbers of an event and nothing else
        return Layout(width, header, skip, tuple(range(width)), None, comma, tuple(notes))
    label = _label(label_column, width, header, optional=bool(features))
    if wanted and header:
        keep = _wanted(header, wanted)
        if features and (more := [name for i, name in enumerate(header) if i not in {*keep, label}]):
            notes.append(f"columns that the run was not trained on are left out: {shown(', '.join(more))[:200]}")
    else:
        keep = [column for column in _kept(head[skip:], header, width, options, notes) if column != label]
        if wanted:
            notes.append("it has no header, so its columns are taken in the order of the run's")
        elif features and header:
            notes.append("the run's record names no columns, so those of this table are taken in their order")
    if not keep:
        raise ConfigError("--columns: no column of numbers is left beside that of the class")
    return Layout(width, header, skip, tuple(keep), label, comma, tuple(notes))


def _label(column: str, width: int, header: Sequence[str], *, optional: bool) -> int | None:
    try:
        return label_index(column, width, header)
    except ConfigError:
        if optional:
            return None
        raise


def _comma(head: Sequence[Row], options: DataOptions, notes: list[str]) -> bool:
    if options.decimal != "auto":
        return options.decimal == "comma"
    comma = has_decimal_commas([cell for row in head for cell in row.cells])
    if comma:
        notes.append("numbers are read with a comma before their decimals; --decimal point says otherwise")
    return comma


def has_header(head: Sequence[Row], comma: bool = False) -> bool:
    """Whether the first row names columns: words above numbers, words alone, or 0, 1, … as of pandas."""
    first, others = head[0].cells, [row.cells for row in head[1:]]
    words = [not is_number(cell, comma) for cell in first]
    if not others:
        return not any(is_number(cell, comma) for cell in first)
    above = any(word and i < len(row) and is_number(row[i], comma) for row in others for i, word in enumerate(words))
    alone = all(words) and len(set(first)) == len(first) and first != others[0] and len(first) > 1
    return above or alone or (len(first) > 1 and first == [str(i) for i in range(len(first))])


def _skipped(head: Sequence[Row], comma: bool, notes: list[str]) -> int:
    """The header, and a row of units below it: no numbers in it where the next row has some."""
    if len(head) > 2:
        units, below = head[1].cells, head[2].cells
        pairs = list(zip(units, below, strict=False))
        some = any(not is_number(a, comma) and is_number(b, comma) for a, b in pairs)
        if some and not any(is_number(a, comma) and a.strip().lower() not in MISSING for a in units):
            notes.append(f"line {head[1].number} is left out as a row of units: {shown(', '.join(units))[:60]}")
            return 2
    return 1


def _kept(rows: Sequence[Row], header: Sequence[str], width: int, options: DataOptions, notes: list[str]) -> list[int]:
    """The columns that are asked for, in their order in the file."""
    if options.columns:
        chosen = {column_index(name, width, header, "columns") for name in options.columns}
    else:
        chosen = set(range(width)) - _idle(rows, header, width, notes)
    return sorted(chosen - {column_index(name, width, header, "drop_columns") for name in options.drop_columns})


def _idle(rows: Sequence[Row], header: Sequence[str], width: int, notes: list[str]) -> set[int]:
    """A first column without a name, which is the index of a DataFrame, and a last one that is empty throughout."""
    found = set()
    if width > 1 and header and header[0].lower() in UNNAMED and any(header[1:]):
        notes.append("the first column has no name and is left out as numbers of rows; --columns 0 … reads it")
        found.add(0)
    if width > 1 and rows and not (header and header[-1]) and all(not row.cells[-1].strip() for row in rows):
        notes.append("the last column is empty and is left out")
        found.add(width - 1)
    return found


def _wanted(header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where the columns stand; of two columns of one name the first is the first."""
    if missing := [name for name in wanted if name not in header]:
        raise ValueError(
            f"it has no column {shown(missing[0])!r}, which is trained on ({len(missing)} of {len(wanted)} are "
            f"missing); it has {shown(', '.join(header))[:200]}"
        )
    places = {name: [i for i, other in enumerate(header) if other == name] for name in wanted}
    if twice := [name for name, found in places.items() if len(found) < list(wanted).count(name)]:
        raise ValueError(f"it has fewer columns called {shown(twice[0])!r} than are trained on")
    return [places[name].pop(0) for name in wanted]


def column_index(column: str, count: int, header: Sequence[str], field: str) -> int:
    """Which of `count` columns a name or a number means.

    Raises:
        ConfigError: there is no such column.
    """
    names = [name.strip() for name in header]
    if column in names:
        return names.index(column)
    try:
        index = int(column)
    except ValueError:
        index = count
    if not -count <= index < count:
        known = f"columns: {shown(', '.join(names[:12]))}" if names else "the file has no header, so a number"
        raise ConfigError(f"--{field.replace('_', '-')}: no column {column!r} among {count}; {known}, from 0")
    return index % count


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
    return column_index(column, count, header, "label_column")

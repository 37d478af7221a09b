"""The columns of a table, and the entries of an event that they become: a number, 0 or 1, or a one-hot group."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

Kind = Literal["number", "binary", "category"]


class Column(NamedTuple):
    """One column of a table; a category has the `levels` that its training rows have, in order."""

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many entries of an event it becomes."""
        return len(self.levels) if self.kind == "category" else 1

    @property
    def entries(self) -> tuple[str, ...]:
        """What these entries are called."""
        return tuple(f"{self.name}={level}" for level in self.levels) if self.kind == "category" else (self.name,)


def entries(columns: Iterable[Column]) -> tuple[str, ...]:
    """The names of all entries of an event."""
    return tuple(name for column in columns for name in column.entries)


def numbers(columns: Iterable[Column]) -> np.ndarray:
    """Which entries of an event are numbers, bool `[entry]`: these alone are standardised."""
    return np.array([column.kind == "number" for column in columns for _ in column.entries])


def blocks(x: np.ndarray, columns: Sequence[Column]) -> list[np.ndarray]:
    """Events `[…, entry]` column by column, `[…, width]` each."""
    return np.split(x, list(accumulate(column.width for column in columns))[:-1], -1)


def cells(x: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Rows as a table has them, texts `[row, column]`, of events `[row, entry]` in its units.

    A category is its likeliest level, what is 0 or 1 the likelier of these, and what is missing an empty cell.
    """
    found = [_cells(own, column) for own, column in zip(blocks(x, columns), columns, strict=True)]
    return np.stack(found, 1)


def _cells(x: np.ndarray, column: Column) -> np.ndarray:
    if column.kind == "category":
        found = np.array(column.levels, object)[np.nan_to_num(x, nan=0.0).argmax(1)]
    else:
        shown = np.rint(x[:, 0]) if column.kind == "binary" else x[:, 0]
        found = np.array([f"{value:.7g}" for value in shown.tolist()], object)
    return np.where(np.isnan(x).any(1), "", found)


def from_json(stored: Iterable[Any], features: int) -> tuple[Column, ...]:
    """Columns as a record of a spec states them, for events of so many entries.

    Raises:
        ValueError: it states something else.
    """
    found = []
    for each in stored:
        if not isinstance(each, (list, tuple)) or len(each) != 3 or each[1] not in get_args(Kind):
            raise ValueError(f"{str(each)[:60]} is no column")
        name, kind, levels = each
        if not isinstance(levels, (list, tuple)) or not all(isinstance(text, str) for text in (name, *levels)):
            raise ValueError(f"{str(each)[:60]} is no column")
        found.append(Column(name, kind, tuple(levels)))
    if found and sum(column.width for column in found) != features:
        raise ValueError(f"columns of {sum(column.width for column in found)} entries for events of {features}")
    return tuple(found)


def described(columns: Sequence[Column], most: int = 12) -> str:
    """In a line: which columns are categories and of how many levels, which are 0 or 1, and how many are numbers."""
    groups = [f"{column.name} ({column.width})" for column in columns if column.kind == "category"]
    coins = [column.name for column in columns if column.kind == "binary"]
    said = [f"categories with their levels: {_some(groups, most)}"] if groups else []
    said += [f"0 or 1: {_some(coins, most)}"] if coins else []
    return "; ".join([*said, f"numbers: {sum(column.kind == 'number' for column in columns)} columns"])


def _some(words: Sequence[str], most: int) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")

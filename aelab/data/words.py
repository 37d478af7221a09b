"""Columns of words in a table: which they are, and each word as a number, in the order in which the words come."""

import math
from collections.abc import Sequence

from aelab.config import DataOptions
from aelab.data.cells import MISSING, is_number
from aelab.data.files import shown
from aelab.data.layout import Layout, Row, column_index
from aelab.errors import ConfigError

AUTO = "auto"  # as --categorical: the columns whose cells are words


class Words:
    """The words of the columns of categories, `found[column]` with the number of each."""

    def __init__(self, columns: Sequence[int]):
        self.found: dict[int, dict[str, int]] = {column: {} for column in columns}

    def number(self, column: int, cell: str) -> float:
        """The number of a cell's word, NaN where the cell says that it is missing."""
        word = cell.strip()
        if word.lower() in MISSING:
            return math.nan
        known = self.found[column]
        return float(known.setdefault(word, len(known)))

    def of(self, keep: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """The words by the place of their column among those that are kept."""
        return {keep.index(column): tuple(known) for column, known in self.found.items()}


def categories(head: Sequence[Row], form: Layout, options: DataOptions) -> list[int]:
    """The columns that `--categorical` names; "auto" are those most of whose first cells are words.

    Raises:
        ConfigError: no such column, or one that is not read.
    """
    chosen: set[int] = set()
    for name in options.categorical:
        if name == AUTO and AUTO not in form.header:
            chosen |= {column for column in form.keep if _are_words(head, column, form.comma)}
            continue
        column = column_index(name, form.width, form.header, "categorical")
        if column not in form.keep:
            raise ConfigError(f"--categorical: column {shown(name)} is not read, as it is the class or left out")
        chosen.add(column)
    return sorted(chosen)


def _are_words(head: Sequence[Row], column: int, comma: bool) -> bool:
    there = [cell for row in head for cell in row.cells[column : column + 1] if cell.strip().lower() not in MISSING]
    return sum(not is_number(cell, comma) for cell in there) > len(there) / 2

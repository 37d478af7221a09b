"""The cells of a row of a table as the numbers of an event."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.cells import MOST, is_number, number
from aelab.data.files import shown
from aelab.data.layout import Layout, Row
from aelab.data.words import Words


class Cells(NamedTuple):
    """How the cells of a table are read; `words` takes down those of its columns of words."""

    form: Layout
    options: DataOptions
    words: Words

    def numbers(self, row: Row, cells: Sequence[str]) -> np.ndarray:
        """The numbers of the columns that are kept; a word is the number that it has in its column."""
        if not self.form.comma and not self.words.found:
            try:
                x = np.array(cells, np.float64)
                if (np.abs(x) <= MOST).all():
                    return x.astype(np.float32)
            except ValueError:
                pass  # written in another way, or no number: cell by cell
        return np.array([self._number(row, *pair) for pair in zip(self.form.keep, cells, strict=True)])

    def _number(self, row: Row, column: int, cell: str) -> np.float32:
        """
        Raises:
            ValueError: with line, column, the text of the cell and what helps.
        """
        try:
            x = self.words.number(column, cell) if column in self.words.found else number(cell, self.form.comma)
        except ValueError:
            raise ValueError(f"line {row.number}{self._wrong(column, cell)}") from None
        if x != x and self.options.missing != "mask":
            raise ValueError(f"line {row.number}{self._missing(column, cell)}")
        return np.float32(x)

    def _missing(self, column: int, cell: str) -> str:
        """What helps where a cell is empty, or says in a word that its value is missing."""
        said = f"{cell[:40]!r} is a missing value" if cell.strip() else "the cell is empty"
        return (
            f", column {self.form.named(column)}: {said}; train with --missing mask, which reads what was observed "
            f"alone, or fill it in, drop the row, or leave the column out with --drop-columns {self._name(column)}"
        )

    def _wrong(self, column: int, cell: str) -> str:
        """What helps where a cell holds something else than a number."""
        if self.form.width == 1:
            parted = "its columns are to be parted by commas, semicolons, tabs, bars or spaces"
            return f": {cell[:40]!r} is no number; {parted}"
        name = self._name(column)
        also = "" if is_number(cell, self.form.comma) else f", read it as words with --categorical {name}"
        return (
            f", column {self.form.named(column)}: {cell[:40]!r} is no finite number; fill it in, drop the row, leave "
            f"the column out with --drop-columns {name}{also}, or name it as the class with --label-column"
        )

    def _name(self, column: int) -> str:
        """How a flag names a column."""
        return shown(self.form.header[column] if self.form.header else str(column))

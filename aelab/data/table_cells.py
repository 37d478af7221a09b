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
        worded = column in self.words.found
        try:
            x = self.words.number(column, cell) if worded else number(cell, self.form.comma)
        except ValueError:
            x = None
        if x is None or (x != x and self.options.missing != "mask"):
            raise ValueError(f"line {row.number}" + self._wrong(column, cell, x is None, worded))
        return np.float32(x)

    def _wrong(self, column: int, cell: str, other: bool, worded: bool) -> str:
        """What is wrong with a cell that is missing, or holds something `other` than a number."""
        form = self.form
        name = shown(form.header[column] if form.header else str(column))
        if form.width == 1 and other:
            parted = "its columns are to be parted by commas, semicolons, tabs, bars or spaces"
            return f": {cell[:40]!r} is no number; {parted}"
        where = f", column {form.named(column)}: {cell[:40]!r}"
        if worded:
            return f"{where} is missing; fill it in, drop the row, or give --missing mask"
        also = "" if is_number(cell, form.comma) else f", read it as words with --categorical {name}"
        mask = "" if other else ", or give --missing mask"
        return (
            f"{where} is no finite number; fill it in, drop the row, leave the column out with --drop-columns "
            f"{name}{also}, or name it as the class with --label-column{mask}"
        )

"""What the rows of a `.npy` file are called: the lines of the text file beside it, `words.txt` beside `words.npy`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from aelab.data.files import by_role, lines, npy_header, shown, unpacked

Names = Callable[[np.ndarray], list[str]]  # of some rows of a file


def named(data: str, rows: np.ndarray) -> list[str]:
    """Rows of the file that a set is tested on by their names; by their numbers where it has no file of names.

    Raises:
        DataError: a file is broken.
    """
    path = _tested(data)
    names = None if path is None else beside(path)
    if path is None or names is None or not _fit(path, names):
        return [f"row {row}" for row in rows.tolist()]
    wanted = set(rows.tolist())
    found = {number: line.strip() for number, line in enumerate(lines(names)) if number in wanted}
    return [found[row] for row in rows.tolist()]


def beside(path: Path) -> Path | None:
    """The file of names beside a `.npy` file."""
    names = path.with_suffix(".txt")
    return names if names.is_file() else None


def remark(path: Path) -> tuple[str, ...]:
    """What a user is told of the file of names beside a `.npy` file.

    Raises:
        DataError: one of the two is broken.
    """
    names = beside(path)
    if names is None:
        return ()
    rows, count = _counts(path, names)
    if rows == count:
        return (f"rows of {shown(path.name)} are called by the lines of {shown(names.name)}",)
    return (f"{shown(names.name)} has {count} lines and {shown(path.name)} {rows} rows, so it does not name them",)


def _tested(data: str) -> Path | None:
    kind, _, rest = data.partition(":")
    path = Path(rest).expanduser()
    return by_role(path).get("test", path) if kind == "npy" and path.is_file() else None


def _fit(path: Path, names: Path) -> bool:
    """Whether there is a name for each row."""
    rows, count = _counts(path, names)
    return rows == count


def _counts(path: Path, names: Path) -> tuple[int, int]:
    """How many rows an array has, and how many lines its names."""
    with unpacked(path) as file:
        shape, _, _ = npy_header(file)
    return shape[0] if shape else 0, sum(1 for _ in lines(names))

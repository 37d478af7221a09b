"""Shards as `.npy` files: rows are read where they lie, runs of neighbours in one go, and nothing else of the file."""

import math
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from aelab.data.files import reason
from aelab.errors import DataError


def write(path: Path, count: int, dtype: np.dtype, event: tuple[int, ...], pieces: Iterable[np.ndarray]) -> None:
    """A file of `count` events, which come in pieces."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (count, *event)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for piece in pieces:
            file.write(np.ascontiguousarray(piece).data)


def check(path: Path, count: int, dtype: np.dtype, event: tuple[int, ...]) -> None:
    """Hold header and size of a file against what it should hold.

    Raises:
        DataError: missing, cut off, or of another shape or dtype.
    """
    start, shape, found = header(path)
    if (shape, found) != ((count, *event), dtype):
        raise DataError(f"{path}: {found} of shape {shape}, but {dtype} of shape {(count, *event)} is due")
    due = start + dtype.itemsize * math.prod((count, *event))
    if path.stat().st_size != due:
        raise DataError(f"{path}: {path.stat().st_size} bytes, its header says {due}: cut off or damaged")


def header(path: Path) -> tuple[int, tuple[int, ...], np.dtype]:
    """Where the data of a file starts, its shape and its dtype.

    Raises:
        DataError: missing, not such a file, Python objects, or laid out by columns.
    """
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, by_columns, dtype = read(file)
            if dtype.hasobject or (by_columns and len(shape) > 1):
                raise ValueError("it holds Python objects, which are not read" if dtype.hasobject else "by columns")
            return file.tell(), shape, dtype
    except Exception as error:  # numpy parses Python, and raises what that raises
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error


class Reader:
    """Reads rows; several threads may."""

    def __init__(self):
        self._start = lru_cache(maxsize=4096)(lambda path: header(path)[0])

    def read(self, path: Path, rows: np.ndarray, out: np.ndarray) -> None:
        """Fill `out`, shape (len(rows), *event), with the given rows of a file; `rows` ascend.

        Raises:
            DataError: the file has gone or become shorter.
        """
        size, start = out.nbytes // len(out), self._start(path)
        room = out.reshape(-1).view(np.uint8).data
        ends = [*(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
        try:
            file = os.open(path, os.O_RDONLY)
            try:
                for begin, end in zip([0, *ends], ends, strict=False):
                    _fill(file, room[begin * size : end * size], start + int(rows[begin]) * size)
            finally:
                os.close(file)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {reason(error)}") from error


def _fill(file: int, room: memoryview, offset: int) -> None:
    while room:
        got = os.preadv(file, [room], offset)
        if got == 0:
            raise OSError("it has become shorter")
        room, offset = room[got:], offset + got

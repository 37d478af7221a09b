"""Shards as array_record files: one event a record, compressed, any of them read without its neighbours.

https://github.com/google/array_record
"""

import contextlib
import importlib
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from aelab.data.files import reason
from aelab.errors import DataError, StorageError

WRITE = "group_size:1"  # records compressed one by one
READ: dict[str, Any] = {"options": "readahead_buffer_size:0", "file_reader_buffer_size": 4096}  # for random access


def write(path: Path, count: int, dtype: np.dtype, event: tuple[int, ...], pieces: Iterable[np.ndarray]) -> None:
    """A file of `count` events, which come in pieces.

    Raises:
        StorageError: it cannot be written, or the disk is full.
    """
    writer = _module().ArrayRecordWriter(str(path), WRITE)
    try:
        for piece in pieces:
            for row in np.ascontiguousarray(piece):
                writer.write(row.tobytes())
        writer.close()
    except RuntimeError as error:
        raise StorageError(f"{path}: {reason(error)}; free space or choose another folder") from error
    finally:
        with contextlib.suppress(RuntimeError):
            writer.close()


def check(path: Path, count: int, dtype: np.dtype, event: tuple[int, ...]) -> None:
    """Hold the number of records, and the size of the first, against what is due.

    Raises:
        DataError: missing, damaged, or another number or size.
    """
    reader = _open(path)
    if reader.num_records() != count:
        raise DataError(f"{path}: {reader.num_records()} records, but {count} are due")
    _read(reader, path, [0], dtype.itemsize * math.prod(event))


class Reader:
    """Reads records; several threads may. A file that is open holds its index in memory, 8 bytes a record or so."""

    def __init__(self):
        self._open = lru_cache(maxsize=256)(_open)

    def read(self, path: Path, rows: np.ndarray, out: np.ndarray) -> None:
        """Fill `out`, shape (len(rows), *event), with the given records of a file.

        Raises:
            DataError: a record is damaged, or of another size.
        """
        records = _read(self._open(path), path, rows.tolist(), out.nbytes // len(out))
        out[...] = np.frombuffer(b"".join(records), out.dtype).reshape(out.shape)


def _open(path: Path) -> Any:
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    reader = _module().ArrayRecordReader(str(path), **READ)
    if not reader.ok():
        try:
            reader.close()  # says what is wrong
        except RuntimeError as error:
            raise DataError(f"{path}: cannot be read: {reason(error)}") from error
    return reader


def _read(reader: Any, path: Path, rows: list[int], size: int) -> list[bytes]:
    try:
        records = reader.read(rows)  # threads inside
    except RuntimeError as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error
    if any(len(record) != size for record in records):
        raise DataError(f"{path}: its records are not of {size} bytes each")
    return records


def _module() -> Any:
    try:
        return importlib.import_module("array_record.python.array_record_module")  # here: not on every platform
    except ImportError as error:
        raise DataError("array_record: not installed; pip install array_record, or convert to npy") from error

"""A user's arrays become the file that a run is trained on, in its folder, so that every verb can read them again."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aelab.errors import ConfigError, DataError
from aelab.runs.atomic import storing, write_atomically

Events = np.ndarray | Sequence[Any]


def keep(folder: Path, arrays: Mapping[str, Events | None]) -> Path:
    """Write arrays by their keys to `data.npz` in a folder; the file that is there is left alone if it holds the same.

    A list of series of unequal length becomes one array, NaN behind their ends.

    Raises:
        ConfigError: the file there holds something else.
        DataError: what is no array of numbers.
    """
    given = {key: as_array(value, key) for key, value in arrays.items() if value is not None}
    path = folder / "data.npz"
    if path.exists():
        if not _holds(path, given):
            raise ConfigError(f"run_dir: {folder} was begun with other data; give back the same, or another folder")
        return path
    with storing(folder, "run_dir"):
        folder.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(content, **given)  # ty: ignore[invalid-argument-type]
    write_atomically(path, content.getvalue(), "run_dir")
    return path


def as_array(value: Events, key: str) -> np.ndarray:
    """One array of what may be a list of series, each (time,) or (time, channel)."""
    rows = [np.asarray(row) for row in value] if isinstance(value, list | tuple) else []
    if rows and rows[0].ndim in (1, 2) and len({len(row) for row in rows}) > 1:
        return padded(rows, key)
    found = np.asarray(value)
    if found.dtype.kind not in "buifUS":
        raise DataError(f"{key}: {found.dtype} is no type of number that events can have; give an array of numbers")
    return found


def padded(rows: Sequence[np.ndarray], key: str) -> np.ndarray:
    """Series of unequal length as float32 `[series, time, channel]`, NaN behind the end of each.

    Raises:
        DataError: they have different channels.
    """
    if len({row.shape[1:] for row in rows}) > 1:
        raise DataError(f"{key}: series of different channels; give each as (time, channel) of the same channels")
    channels = rows[0].shape[1] if rows[0].ndim == 2 else 1
    x = np.full((len(rows), max(map(len, rows)), channels), np.nan, np.float32)
    for series, row in zip(x, rows, strict=True):
        series[: len(row)] = row.reshape(len(row), channels)
    return x


def _holds(path: Path, given: Mapping[str, np.ndarray]) -> bool:
    """Whether a file holds these arrays and no others."""
    with np.load(path, allow_pickle=False) as there:
        return set(there) == set(given) and all(_equal(there[key], x) for key, x in given.items())


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")

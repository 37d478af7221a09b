"""`shards:FOLDER`: a set cut into files that are read by row, for sets larger than memory.

In the folder, made by `aelab data convert`, for each split:

    info.json                 what the set is: {schema, name, format, spec, splits}
    train-00000.npy, …        events as stored, `[example, *event]`; or train-00000.array_record, one record an event
    train-label.npy, …        `[example]`, what else a batch has: label, length
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aelab.config import DataOptions
from aelab.data import npy_shards, record_shards
from aelab.data.columns import from_json
from aelab.data.files import file_of, reason
from aelab.data.printed import Printed
from aelab.data.source import Spec, Splits
from aelab.errors import DataError

SCHEMA = 1
INFO = "info.json"
LIMIT = 64 << 20  # bytes of it
FORMATS: dict[str, Any] = {"npy": npy_shards, "array_record": record_shards}  # each writes, checks and reads a file


@dataclass(eq=False, repr=False)
class ShardSource(Printed):
    """A split in files of `per_file` events each, the last one shorter; only the rows asked for are read."""

    folder: Path
    split: str
    spec: Spec
    format: str
    examples: int
    per_file: int
    fingerprint: str  # that of the set it was made from, which stands for the same events
    columns: tuple[str, ...] = ()  # what else a batch has: label, length

    def __post_init__(self):
        self._files = FORMATS[self.format].Reader()
        # mapped, and not read where only events are asked for: a few bytes an event
        self._columns = {name: np.load(self._column(name), mmap_mode="r") for name in self.columns}

    def __len__(self) -> int:
        return self.examples

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Events `x` as stored, shape (len(indices), *spec.shape), and `label`, `length` and such where there are any.

        Raises:
            DataError: a file is damaged.
        """
        indices = np.asarray(indices)
        order = np.argsort(indices, kind="stable")
        rows = indices[order]
        if len(rows) and not 0 <= rows[0] <= rows[-1] < self.examples:
            raise IndexError(f"events {rows[0]} to {rows[-1]} of {self.examples}")
        x = np.empty((len(rows), *self.spec.shape), self.spec.dtype)
        for file in np.unique(rows // self.per_file).tolist():
            begin, end = np.searchsorted(rows, (file * self.per_file, (file + 1) * self.per_file))
            self._files.read(self.path(file), rows[begin:end] - file * self.per_file, x[begin:end])
        if (order[1:] < order[:-1]).any():
            unsorted = np.empty_like(x)
            unsorted[order] = x
            x = unsorted
        return {"x": x} | {name: np.asarray(column[indices]) for name, column in self._columns.items()}

    def path(self, file: int) -> Path:
        return shard_path(self.folder, self.split, file, self.format)

    def _column(self, name: str) -> Path:
        return column_path(self.folder, self.split, name)

    def check(self) -> None:
        """Hold the files' headers and sizes against what `info.json` says; the events are not read.

        Raises:
            DataError: one is missing, cut off or of another kind.
        """
        check, dtype = FORMATS[self.format].check, np.dtype(self.spec.dtype)
        for file in range(-(-self.examples // self.per_file)):
            count = min(self.per_file, self.examples - file * self.per_file)
            check(self.path(file), count, dtype, self.spec.shape)
        for name, most in (("label", len(self.spec.classes) - 1), ("length", self.spec.shape[0])):
            values = self._columns.get(name)
            if values is not None and not (values.ndim == 1 and 0 <= values.min() <= values.max() <= most):
                raise DataError(f"{self._column(name)}: has values outside 0 … {most}")


def shard_path(folder: Path, split: str, file: int, form: str) -> Path:
    return folder / f"{split}-{file:05d}.{form}"


def column_path(folder: Path, split: str, name: str) -> Path:
    return folder / f"{split}-{name}.npy"


def load(options: DataOptions) -> Splits:
    """The splits as they were cut when the set was converted, whatever `options.validation` is.

    Raises:
        DataError: no such folder, or one that is broken.
    """
    folder = file_of(options.data, "folder")
    parts = read(folder)
    for split in ("train", "test"):
        if split not in parts:
            raise DataError(f"{folder / INFO}: has no split {split!r}")
    return Splits(options.data, parts["train"].spec, parts["train"], parts.get("validation"), parts["test"])


def read(folder: Path) -> dict[str, ShardSource]:
    """The splits in a folder, by name.

    Raises:
        DataError: missing or broken.
    """
    path = folder / INFO
    try:
        if path.stat().st_size > LIMIT:
            raise ValueError(f"more than {LIMIT} bytes")
        info = json.loads(path.read_text())
        if info["schema"] != SCHEMA:
            raise ValueError(
                f"schema {info['schema']} of another version of aelab (this has {SCHEMA}); convert the set again"
            )
        spec = spec_of(info["spec"])
        return {split: _source(folder, split, spec, info["format"], said) for split, said in info["splits"].items()}
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; make the folder with aelab data convert") from error
    except KeyError as error:
        raise DataError(f"{path}: lacks {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error


def _source(folder: Path, split: str, spec: Spec, form: str, said: Mapping[str, Any]) -> ShardSource:
    if form not in FORMATS or not re.fullmatch(r"[a-z]+", split):
        raise ValueError(f"no format {form!r} or no split {split!r}")
    counts = said["examples"], said["per_file"]
    if not all(type(count) is int and 0 < count < 2**31 for count in counts):
        raise ValueError(f"{split}: counts {counts} are not whole numbers from 1 to 2^31")
    columns = tuple(said["columns"])
    for name in columns:
        if not re.fullmatch(r"[a-z]+", name):
            raise ValueError(f"{split}: no column {name!r}")
        file = column_path(folder, split, name)
        _, shape, dtype = npy_shards.header(file)
        if (dtype.kind not in "iu" and name in ("label", "length")) or dtype.kind not in "biuf":
            raise DataError(f"{file}: no whole numbers but {dtype}")
        npy_shards.check(file, counts[0], dtype, shape[1:])
    source = ShardSource(folder, split, spec, form, *counts, str(said["fingerprint"]), columns)
    source.check()
    return source


def spec_of(said: Mapping[str, Any]) -> Spec:
    """The spec that JSON says, held against what a spec may be.

    Raises:
        ValueError: it may not.
    """
    spec = Spec(**{name: tuple(v) if isinstance(v, list) else v for name, v in said.items()})  # ty: ignore[invalid-argument-type]
    whole = isinstance(spec.shape, tuple) and all(type(size) is int and 0 < size < 2**31 for size in spec.shape)
    if not whole or not 1 <= len(spec.shape) <= 4 or np.dtype(spec.dtype).kind not in "buif":
        raise ValueError(f"no events have shape {spec.shape} and dtype {spec.dtype!r}")
    if spec.values not in ("unit", "real") or not all(isinstance(name, str) for name in (*spec.classes, *spec.names)):
        raise ValueError(f"values {spec.values!r}, or classes or columns that are no names")
    if not isinstance(spec.missing, bool) or (spec.names and len(spec.names) != spec.shape[-1]):
        raise ValueError(f"missing {spec.missing!r}, or another number of names than of columns")
    if not all(type(count) is int and count >= 0 for count in (spec.levels, *spec.lengths)):
        raise ValueError(f"levels {spec.levels!r} or lengths that are no counts")
    for numbers in (spec.scale, spec.shift):
        if np.broadcast_shapes(np.shape(numbers), spec.shape) != spec.shape or not np.isfinite(numbers).all():
            raise ValueError(f"scale or shift of {numbers!r}")
    return spec._replace(columns=from_json(spec.columns, spec.shape[-1]))

"""The source over arrays in memory or mapped into it."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from aelab.data.on_disk import give_back, mapping
from aelab.data.printed import Printed
from aelab.data.source import Source, Spec

RESIDENT = 2 << 30  # bytes; a larger set stays on the disk, and only the batch asked for is read
PIECE = 16 << 20  # bytes of a set looked at in one go


@dataclass(eq=False, repr=False)
class ArraySource(Printed):
    """Events `x`, shape (n, *spec.shape) or anything that reshapes to it, and their integer `label`, shape (n,).

    Series of different lengths are padded behind their end, and `length`, shape (n,), says how many steps are real.
    `more` is what else stands beside the events, by name, shape (n, …). An `x` that is mapped from a file stays there.
    """

    x: np.ndarray
    label: np.ndarray | None
    spec: Spec
    length: np.ndarray | None = None
    more: Mapping[str, np.ndarray] = field(default_factory=dict)
    rows: np.ndarray | None = None  # where each stands in the array that it was taken from; None for all, in order

    def __post_init__(self):
        self._file = mapping(self.x)
        if self.x.dtype != self.spec.dtype and self.in_memory:
            self.x = self.x.astype(self.spec.dtype)
        self.x = np.asarray(self.x).reshape(len(self.x), *self.spec.shape)
        self.label = None if self.label is None else np.asarray(self.label, np.int32).reshape(len(self.x))
        self.length = None if self.length is None else np.asarray(self.length, np.int32).reshape(len(self.x))

    def __len__(self) -> int:
        return len(self.x)

    @property
    def in_memory(self) -> bool:
        """Whether the events are there already, and so few that a copy of them does not matter."""
        return self._file is None and self.x.nbytes <= RESIDENT

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Events `x` as stored, shape (len(indices), *spec.shape), and what stands beside them."""
        arrays = {"x": self.x, "label": self.label, "length": self.length, **self.more}
        batch = {name: array[indices] for name, array in arrays.items() if array is not None}
        x = np.asarray(batch["x"], self.spec.dtype)
        give_back(self._file)
        return {**batch, "x": x}

    def take(self, indices: np.ndarray) -> "ArraySource":
        """The source of these events alone."""
        return dataclasses.replace(from_batch(self.get_batch(indices), self.spec), rows=rows_of(self, indices))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over shape, dtype and bytes, in order: the same events shuffled are another source."""
        return fingerprint(self)


@dataclass(eq=False, repr=False)
class Subset(Printed):
    """The events of `source` at `indices`, in that order, read when they are asked for."""

    source: Source
    indices: np.ndarray

    def __post_init__(self):
        self.spec = self.source.spec

    def __len__(self) -> int:
        return len(self.indices)

    def get_batch(self, indices: np.ndarray) -> Mapping[str, np.ndarray]:
        """What `source` gives for them."""
        return self.source.get_batch(self.indices[indices])

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over that of the whole and which of its events these are; of one that could be in memory, as there."""
        if isinstance(self.source, ArraySource) and self.source.x.nbytes <= RESIDENT:
            return fingerprint(self)
        return hashlib.sha256(self.source.fingerprint.encode() + self.indices.astype("<i8").tobytes()).hexdigest()


def take(source: Source, indices: np.ndarray) -> Source:
    """The source of these events alone: a copy of what fits in memory, else a view."""
    copied = isinstance(source, ArraySource) and source.in_memory
    return source.take(indices) if copied else Subset(source, indices)


def rows_of(source: Source, indices: np.ndarray) -> np.ndarray:
    """Where events of a source stand in the array that it was read from; their own numbers where nobody knows."""
    if isinstance(source, Subset):
        return rows_of(source.source, source.indices[indices])
    rows = getattr(source, "rows", None)
    return indices if rows is None else rows[indices]


def resident(source: Source) -> Source:
    """The same events in memory, if they fit."""
    size = len(source) * source.spec.event_bytes
    if size > RESIDENT:
        return source
    return from_batch(source.get_batch(np.arange(len(source))), source.spec)


def from_batch(batch: Mapping[str, np.ndarray], spec: Spec) -> ArraySource:
    """The source of all events of a batch."""
    rest = dict(batch)
    return ArraySource(rest.pop("x"), rest.pop("label", None), spec, rest.pop("length", None), rest)


def with_spec(source: Any, spec: Spec) -> Any:
    """The same events, otherwise described."""
    if isinstance(source, Subset):
        return dataclasses.replace(source, source=with_spec(source.source, spec))
    return dataclasses.replace(source, spec=spec)


def pieces(source: Source) -> Iterator[Mapping[str, np.ndarray]]:
    """All of a source in order, as many events at a time as `PIECE` bytes hold."""
    step = max(1, PIECE // source.spec.event_bytes)
    for start in range(0, len(source), step):
        yield source.get_batch(np.arange(start, min(start + step, len(source))))


def labels(source: Source) -> np.ndarray | None:
    """The label of every event, int32 `[event]`; None where there are none."""
    found = [piece["label"] for piece in pieces(source) if "label" in piece]
    return np.concatenate(found) if found else None


def fingerprint(source: Source) -> str:
    """sha256 over shape, dtype and bytes of `x`, then of `label`, `length` and what else there is, in that order."""
    digest = hashlib.sha256(f"{len(source)} {source.spec.shape} {source.spec.dtype}".encode())
    small: dict[str, list[np.ndarray]] = {"label": [], "length": []}
    for piece in pieces(source):
        digest.update(np.ascontiguousarray(piece["x"]).data)
        for name in sorted(piece.keys() - {"x"}):
            small.setdefault(name, []).append(piece[name])
    for name, found in small.items():
        digest.update(b"" if name in ("label", "length") else name.encode())
        digest.update(np.concatenate(found).tobytes() if found else b"")
    return digest.hexdigest()


def moments(source: Source) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """Mean and standard deviation of the last axis over all that exists, and how many events have 0, 1, … steps."""

    total, count, steps = np.zeros(source.spec.shape[-1]), 0, []
    missing = source.spec.missing
    for piece in pieces(source):
        x = real(piece)
        total, count = total + (np.nansum(x, 0) if missing else x.sum(0)), count + (_there(x) if missing else len(x))
        steps.extend([piece["length"]] if "length" in piece else [])
    mean = total / np.maximum(count, 1)
    add = np.nansum if missing else np.sum
    square = sum(add(np.square(real(piece) - mean), 0) for piece in pieces(source))
    lengths = np.bincount(np.concatenate(steps), minlength=source.spec.shape[0] + 1).tolist() if steps else ()
    return mean, np.sqrt(square / np.maximum(count, 1)), tuple(lengths)


def _there(x: np.ndarray) -> np.ndarray:
    """How many entries of each channel were observed."""
    return (~np.isnan(x)).sum(0)


def real(piece: Mapping[str, np.ndarray]) -> np.ndarray:
    """All entries that exist, float64 `[entry, channel]`."""
    x = piece["x"].astype(np.float64)
    if "length" in piece:
        x = x[np.arange(x.shape[1]) < piece["length"][:, None]]
    return x.reshape(-1, x.shape[-1])

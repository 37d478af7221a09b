"""Where events come from: the contract of a source, and what is known about its events."""

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import numpy as np

from aelab.data.columns import Column


class Spec(NamedTuple):
    """What every event of a set has in common."""

    shape: tuple[int, ...]  # (height, width, channel), (time, channel) or (feature,)
    dtype: str  # as stored, a numpy name
    values: Literal["unit", "real"]  # in [0, 1] after division by `scale`, or any real number
    scale: float | tuple[float, ...] = 1.0  # (stored - shift) / scale is what the model sees; by channel if several
    shift: float | tuple[float, ...] = 0.0
    levels: int = 0  # number of different stored values from 0 to `scale`, 0 for a continuum
    classes: tuple[str, ...] = ()  # names of the labels 0, 1, …; empty where there are none
    lengths: tuple[int, ...] = ()  # how many training series have 0, 1, … steps; empty where all events are whole
    examples: int = 0  # in the training set; 0 where nobody said, as for a source on its own
    names: tuple[
        str, ...
    ] = ()  # of the numbers of a vector or the channels of a window, where a table names its columns
    missing: bool = False  # some entries were not observed: they are stored as NaN
    columns: tuple[Column, ...] = ()  # of a table with categories, which become several entries each; else empty

    condition: str = ""  # which array of a batch the model is shown beside x: label, factors, …; "" is none
    side: tuple[int, ...] = ()  # shape of one condition as the model sees it; a label is as long as there are classes
    side_shift: tuple[float, ...] = ()  # of what is no label: (stored - side_shift) / side_scale is what the model sees
    side_scale: tuple[float, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The arrays of a batch that a model sees, where a set has them."""
        return ("x", "length", self.condition) if self.condition else ("x", "length")

    @property
    def event_bytes(self) -> int:
        """Bytes of one event as stored."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class Source(Protocol):
    """A split of a set: whole batches by index."""

    spec: Spec
    fingerprint: str  # sha256 of what it holds

    def __len__(self) -> int: ...

    def get_batch(self, indices: np.ndarray) -> Mapping[str, np.ndarray]:
        """Events `x` as stored, shape (len(indices), *spec.shape), integer `label` where there are classes, `length`
        in steps where series are padded behind their end, `factors` where they are known, and what else a set has
        beside its events. Several threads may call it at once."""
        ...


class Splits(NamedTuple):
    """A set ready to train on; nothing is ever chosen on `test`."""

    name: str
    spec: Spec
    train: Source
    validation: Source | None
    test: Source
    notes: tuple[str, ...] = ()  # what was decided where the files do not say it, a sentence each, for the user

    def __repr__(self) -> str:
        parts = [f"{name}: {getattr(self, name)!r}" for name in ("train", "validation", "test")]
        return "\n".join([self.name, *parts, *self.notes])

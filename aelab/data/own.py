"""A user's own arrays: what shape, range and labels mean, in one place for every kind of file."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource, pieces, split, split_standardised
from aelab.data.files import shown
from aelab.data.source import Source, Spec, Splits
from aelab.errors import DataError

log = logging.getLogger(__name__)


class Part(NamedTuple):
    """The events of one split as a file has them, `[n, …]`, and whatever labels it gives them, `[n]`."""

    x: np.ndarray
    label: np.ndarray | None
    where: object  # the file, for errors


def assemble(options: DataOptions, parts: Mapping[str, Part], classes: tuple[str, ...] = ()) -> Splits:
    """Splits of a user's own arrays, by role: "train", and "test" and "held_out" where they are.

    `(n, h, w)` become images of one channel, `(n, d)` are vectors. Bytes are a share of 255, bits and floats in [0, 1]
    stay as they are, everything else is standardised on the training events. Labels are numbers of `classes` where
    those are known; else the classes are whatever labels there are.

    Raises:
        DataError: shapes that do not match, values that are no finite numbers, labels that do not fit.
    """
    parts = {role: part._replace(x=_events(part)) for role, part in parts.items()}
    train = parts["train"]
    for part in parts.values():
        if part.x.shape[1:] != train.x.shape[1:]:
            shapes = f"{part.x.shape[1:]}, those of {shown(train.where)} {train.x.shape[1:]}"
            raise DataError(f"{shown(part.where)}: its events have shape {shapes}")
    labels = [part.label for part in parts.values()]
    if classes:
        _in_range(labels, classes, train.where)
    else:
        classes, labels = class_names(labels, [len(part.x) for part in parts.values()], train.where)
    spec = _values(list(parts.values()))._replace(classes=classes)
    sources = [ArraySource(part.x, label, spec) for part, label in zip(parts.values(), labels, strict=True)]
    return split_roles(options, dict(zip(parts, sources, strict=True)), train.where)


def split_roles(options: DataOptions, sources: Mapping[str, Source], where: object) -> Splits:
    """Splits of sources by role, as in `assemble`; real numbers are standardised.

    Raises:
        DataError: too few events.
    """
    train, test = sources["train"], sources.get("test")
    if len(train) < (3 if test is None else 2):
        raise DataError(f"{shown(where)}: {len(train)} events are too few to train and test on")
    make = split if train.spec.values == "unit" else split_standardised
    return make(options.data, train, test, validation=options.validation, held_out=sources.get("held_out"))


def _events(part: Part) -> np.ndarray:
    """With an axis of channels, and of a type that numbers have."""
    x, where = part.x, shown(part.where)
    if x.dtype.kind not in "buif":
        raise DataError(f"{where}: {x.dtype} is no type of number that events can have")
    if not 2 <= x.ndim <= 4:
        raise DataError(f"{where}: an array of shape {x.shape}; wanted: (n, feature), (n, height, width[, channel])")
    if not x.size:
        raise DataError(f"{where}: empty, an array of shape {x.shape}")
    if x.ndim == 4 and x.shape[1] in (1, 3) and x.shape[3] not in (1, 2, 3, 4):
        raise DataError(f"{where}: shape {x.shape} has its channels first; save x.transpose(0, 2, 3, 1) instead")
    return x[..., None] if x.ndim == 3 else x


def _values(parts: list[Part]) -> Spec:
    """What the numbers are, by their type and range over all parts."""
    shape = parts[0].x.shape[1:]
    types = {part.x.dtype for part in parts}
    low, high = _range(parts)
    if (
        all(dtype.kind in "bui" for dtype in types)
        and low >= 0
        and (len(shape) == 3 or types <= {np.dtype(bool), np.dtype(np.uint8)})
    ):
        if high <= 1:
            return Spec(shape, "uint8", "unit", levels=2)
        if high <= 255:
            return Spec(shape, "uint8", "unit", scale=255.0, levels=256)
        if types == {np.dtype(np.uint16)}:
            return Spec(shape, "uint16", "unit", scale=65535.0, levels=65536)
    return Spec(shape, "float32", "unit" if low >= 0 and high <= 1 else "real")


def _range(parts: list[Part]) -> tuple[float, float]:
    """Smallest and largest value.

    Raises:
        DataError: some are missing or not finite, also as float32.
    """
    ends: list[float] = []
    for part in parts:
        start = 0
        for piece in pieces(ArraySource(part.x, None, Spec(part.x.shape[1:], part.x.dtype.name, "real"))):
            x = piece["x"]
            bad = ~(np.abs(x) <= np.finfo(np.float32).max) if x.dtype.kind == "f" else np.zeros(1, bool)
            if bad.any():
                place = np.argwhere(bad)[0]
                place[0] += start
                index = ", ".join(map(str, place))
                raise DataError(f"{shown(part.where)}: a value is missing or not finite, at [{index}] counted from 0")
            ends += [float(x.min()), float(x.max())]
            start += len(x)
    return min(ends), max(ends)


def class_names(
    labels: Sequence[np.ndarray | None], counts: Sequence[int], where: object
) -> tuple[tuple[str, ...], list[np.ndarray | None]]:
    """The names of the classes over all splits, in order, and each split's labels as 0, 1, …

    Raises:
        DataError: not one label an event, or negative numbers.
    """
    found = [None if label is None else _label(label, n, where) for label, n in zip(labels, counts, strict=True)]
    there = [label for label in found if label is not None]
    if not there:
        return (), found
    names = np.unique(np.concatenate(there))
    numbered = [None if label is None else np.searchsorted(names, label) for label in found]
    return tuple(str(name) for name in names.tolist()), numbered


def _in_range(labels: Sequence[np.ndarray | None], classes: tuple[str, ...], where: object) -> None:
    for label in labels:
        if label is not None and not 0 <= label.min() <= label.max() < len(classes):
            bad = label[(label < 0) | (label >= len(classes))][0]
            raise DataError(f"{shown(where)}: the label {bad} is out of range: there are {len(classes)} classes")


def _label(label: np.ndarray, count: int, where: object) -> np.ndarray | None:
    """Whole numbers or names, one an event; None for real numbers, which are no classes."""
    label = label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label
    if label.shape != (count,):
        raise DataError(f"{shown(where)}: labels of shape {label.shape} for {count} events")
    if label.dtype.kind == "f":
        if not (label == np.round(label)).all() or np.abs(label).max() >= 2**31:
            log.warning("%s: its labels are left out, they are no classes but real numbers", shown(where))
            return None
        label = label.astype(np.int64)
    if label.dtype.kind not in "buiU":
        raise DataError(f"{shown(where)}: labels of type {label.dtype}; whole numbers or names are wanted")
    if label.dtype.kind == "i" and label.min() < 0:
        raise DataError(f"{shown(where)}: the label {label.min()} is out of range: classes count from 0")
    return label

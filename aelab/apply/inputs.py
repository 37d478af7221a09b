"""A user's own events, from a file to what a trained run's model sees, and back to the units in which they came."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from aelab.apply import table_rows
from aelab.apply.given import Given
from aelab.config import DataOptions
from aelab.data import numpy_files, series, tables
from aelab.data.files import reading, shown
from aelab.data.image_files import walk
from aelab.data.lengths import ends
from aelab.data.normalise import as_stored, normalised, stored_range
from aelab.data.pictures import SUFFIXES, Form, decode, look_at_pages
from aelab.data.ranges import first
from aelab.data.source import Spec
from aelab.data.windows import sliding
from aelab.errors import ConfigError, DataError

SERIES = (".ts", ".txt", ".tsv")


def read(source: Path, spec: Spec, options: DataOptions | None = None) -> Given:
    """The events of a file of arrays, a table, series, a picture or a folder of them, read as the run's own were.

    `options` are those of the run. The columns of a table go by their names, where the run's table had some.

    Raises:
        DataError: missing, broken, or of another shape than those the run was trained on.
    """
    options = options or DataOptions()
    name = source.name.lower().removesuffix(".gz")
    if source.is_dir() or source.suffix.lower() in SUFFIXES:
        given = _pictures(source, spec, options)
    elif name.endswith(".npz"):
        x, label = numpy_files.read_labelled(source)
        given = Given(x, label=label)
    elif name.endswith(".npy"):
        given = Given(numpy_files.mapped(source))
    elif name.endswith(".csv") and spec.columns:
        given = table_rows.read(source, spec, options)
    elif name.endswith(".csv"):
        features = spec.shape[-1] if options.window else math.prod(spec.shape)
        part = tables.read(source, options.label_column, options, spec.names, features=features)
        given = Given(part.x, label=part.label, notes=part.notes)
    elif name.endswith(SERIES):
        given = _series(source, spec, options)
    else:
        raise ConfigError(
            f"--input: {shown(source)}: wanted .npz, .npy, .csv, .ts, .tsv, .txt, a picture or a folder of them, or "
            "train, validation or test for a split of the run's own set"
        )
    return fitted(windows_of(given, spec, options) if options.window else given, spec, source)


def windows_of(given: Given, spec: Spec, options: DataOptions) -> Given:
    """One long series cut as the run's own was; events that are windows already stay as they are."""
    x = given.x[0] if given.x.ndim == 3 and len(given.x) == 1 else given.x
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[1] != spec.shape[-1] or len(x) < options.window:
        return given
    cut = sliding(x, options.window, options.stride or options.window)
    return Given(cut, notes=(*given.notes, f"{len(cut)} windows of {options.window} steps"))


def fitted(given: Given, spec: Spec, source: Path) -> Given:
    """The same with the axes of the run's events; series that are shorter than the longest are padded.

    Raises:
        DataError: of another shape, or no numbers.
    """
    x, shape = given.x, (len(given.x) if given.x.ndim else 0, *spec.shape)
    if spec.lengths and x.ndim in (2, 3) and x.dtype.kind == "f":
        x = x[..., None] if x.ndim == 2 else x
        if given.length is None and np.isnan(x).any():
            given = given._replace(length=ends(x))
        if x.shape[1] < spec.shape[0] and x.shape[2:] == spec.shape[1:]:
            given = given._replace(length=np.full(len(x), x.shape[1]) if given.length is None else given.length)
            x = np.pad(x, [(0, 0), (0, spec.shape[0] - x.shape[1]), (0, 0)])
        if given.length is not None:
            x = np.where((np.arange(x.shape[1]) >= given.length[:, None])[..., None], np.zeros((), x.dtype), x)
    fits = x.ndim > 1 and (x.shape[1:] in (spec.shape, (math.prod(spec.shape),)) or (*x.shape, 1) == shape)
    if not fits or not len(x) or x.dtype.kind not in "buif":
        raise DataError(
            f"{shown(source)}: {x.dtype} of shape {x.shape}, and the run was trained on events of shape {spec.shape}; "
            "give numbers of that shape"
        )
    return given._replace(x=x.reshape(shape))


def _pictures(source: Path, spec: Spec, options: DataOptions) -> Given:
    if len(spec.shape) != 3:
        raise DataError(
            f"{shown(source)}: pictures, and the run was trained on events of shape {spec.shape}; give a file of those"
        )
    files = list(walk(source)) if source.is_dir() else [source]
    events, names = [], []
    for file in files:
        with reading(file):
            pages = [head.page for head in look_at_pages(file)]
        for page in pages:
            events.append(_picture(file, page, spec, options))
            name = file.relative_to(source if source.is_dir() else file.parent)
            names.append((name.with_stem(f"{name.stem}_page{page}") if page else name).as_posix())
    if not events:
        raise DataError(f"{shown(source)}: no pictures in it ({', '.join(SUFFIXES)}); put some there")
    return Given(np.stack(events), files=names)


def _picture(file: Path, page: int, spec: Spec, options: DataOptions) -> np.ndarray:
    with reading(file):
        x = decode(file, Form(options.image_size, spec.shape[-1], spec.dtype == "uint16"), page=page)
        if x.shape != spec.shape:
            raise ValueError(
                f"a picture of shape {x.shape}; cut or scale it to {spec.shape}, as the run was trained on"
            )
        return x


def _series(source: Path, spec: Spec, options: DataOptions) -> Given:
    found = series.read(source, options.label_column, missing=spec.missing)
    if options.window and len(found.events) == 1:
        return Given(found.events[0])
    length = np.array([len(event) for event in found.events])
    if length.max() > spec.shape[0] or (not spec.lengths and length.min() < spec.shape[0]):
        raise DataError(
            f"{shown(source)}: series of {length.min()} to {length.max()} steps; give such of "
            f"{'up to ' if spec.lengths else ''}{spec.shape[0]}, as the run was trained on"
        )
    x = np.zeros((len(length), spec.shape[0], found.events[0].shape[1]), np.float32)
    for row, event in zip(x, found.events, strict=True):
        row[: len(event)] = event
    label = None if found.classes is None else np.array(found.classes)
    return Given(x, length if spec.lengths else None, label)


def holes(given: Given, mask: Path | None, spec: Spec) -> tuple[Given, np.ndarray]:
    """The events with 0 in what is hidden of them, and what is: NaN, and where the events of `mask` are not 0.

    One event in `mask` stands for all.

    Raises:
        DataError: nothing is hidden, or the mask has another number of events.
    """
    x = given.x
    hidden = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)
    if mask is not None:
        more = read(mask, spec).x != 0
        if len(more) not in (1, len(x)):
            raise DataError(f"{shown(mask)}: {len(more)} events, but {len(x)} are to be filled; give as many, or one")
        hidden = hidden | more
    if not hidden.any():
        raise DataError("--hidden: no hole to fill; mark it with NaN in the input, or with a mask, 0 where all is seen")
    return given._replace(x=np.where(hidden, np.zeros((), x.dtype), x)), hidden


def as_seen(x: np.ndarray, spec: Spec, where: object) -> tuple[Callable, Callable]:
    """How events become what the model sees, and back. Shares in [0, 1] for a set of whole numbers stay as they are.

    Raises:
        DataError: values that are not finite, or outside the range of the run's set.
    """
    there = x[~np.isnan(x)] if spec.missing and x.dtype.kind == "f" else x
    low, high = (float(there.min()), float(there.max())) if there.size else (np.nan, np.nan)
    if not np.isfinite(low + high):
        place = first(~np.isfinite(x)) if np.size(x) else "no place"
        remedy = "fill it in, or apply a run that was trained with --missing mask"
        raise DataError(f"{shown(where)}: a value is missing or not finite, at {place}; {remedy}")
    if spec.values == "unit":
        if x.dtype.kind == "f" and np.dtype(spec.dtype).kind != "f" and low >= 0 and high <= 1:
            return lambda x: x.astype(np.float32), lambda x: np.asarray(x, np.float32)
        bottom, top = stored_range(spec)
        if low < bottom or high > top:
            raise DataError(
                f"{shown(where)}: values from {low:g} to {high:g}; bring them into {bottom:g} to {top:g}, as the run "
                "was trained on"
            )
    return lambda x: normalised({"x": x}, spec), lambda x: as_stored(x, spec)

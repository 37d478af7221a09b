"""A user's own events, from a file to what a trained run's model sees, and back to the units in which they came."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from aelab.data import numpy_files, tables
from aelab.data.files import shown
from aelab.data.image_files import walk
from aelab.data.normalise import as_stored, normalised, stored_range
from aelab.data.pictures import SUFFIXES, Form, decode
from aelab.data.source import Spec
from aelab.errors import ConfigError, DataError


def read(source: Path, spec: Spec) -> np.ndarray:
    """The events of a `.npz`, `.npy` or `.csv` file, of a picture or of a folder of them: `[n, *event]`.

    Raises:
        DataError: missing, broken, or of another shape than those the run was trained on.
    """
    name = source.name.lower().removesuffix(".gz")
    if source.is_dir() or source.suffix.lower() in SUFFIXES:
        if len(spec.shape) != 3:
            raise DataError(f"{shown(source)}: pictures, but the run was trained on events of shape {spec.shape}")
        x = np.stack([_picture(file, spec) for file in (walk(source, ()) if source.is_dir() else [source])])
    elif name.endswith(".npz"):
        x = numpy_files.read_events(source)
    elif name.endswith(".npy"):
        x = numpy_files.mapped(source)
    elif name.endswith(".csv"):
        x = tables.read(source, "auto").x
    else:
        raise ConfigError(f"--input: {shown(source)}: wanted .npz, .npy, .csv, a picture or a folder of them")
    shape = (len(x) if x.ndim else 0, *spec.shape)
    fits = x.ndim > 1 and (x.shape[1:] in (spec.shape, (int(np.prod(spec.shape)),)) or (*x.shape, 1) == shape)
    if not fits or not len(x) or x.dtype.kind not in "buif":
        raise DataError(
            f"{shown(source)}: {x.dtype} of shape {x.shape}; the run was trained on events of shape {spec.shape}"
        )
    return x.reshape(shape)


def _picture(file: Path, spec: Spec) -> np.ndarray:
    from aelab.data.files import reading

    with reading(file):
        x = decode(file, Form(0, spec.shape[-1], spec.dtype == "uint16"))
        if x.shape != spec.shape:
            raise ValueError(f"a picture of shape {x.shape}; the run was trained on events of shape {spec.shape}")
        return x


def holes(x: np.ndarray, mask: Path | None, spec: Spec) -> tuple[np.ndarray, np.ndarray]:
    """The events with 0 in what is hidden of them, and what is: NaN, and where the events of `mask` are not 0.

    One event in `mask` stands for all.

    Raises:
        DataError: nothing is hidden, or the mask has another number of events.
    """
    hidden = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)
    if mask is not None:
        more = read(mask, spec) != 0
        if len(more) not in (1, len(x)):
            raise DataError(f"{shown(mask)}: {len(more)} events, but {len(x)} are to be filled; wanted as many, or one")
        hidden = hidden | more
    if not hidden.any():
        raise DataError("--hidden: no hole to fill; mark it with NaN in the input, or with a mask, 0 where all is seen")
    return np.where(hidden, np.zeros((), x.dtype), x), hidden


def as_seen(x: np.ndarray, spec: Spec, where: Path) -> tuple[Callable, Callable]:
    """How events become what the model sees, and back. Shares in [0, 1] for a set of whole numbers stay as they are.

    Raises:
        DataError: values that are not finite, or outside the range of the run's set.
    """
    low, high = float(x.min()), float(x.max())
    if not np.isfinite(low + high):
        raise DataError(f"{shown(where)}: a value is missing or not finite")
    if spec.values == "unit":
        if x.dtype.kind == "f" and np.dtype(spec.dtype).kind != "f" and low >= 0 and high <= 1:
            return lambda x: x.astype(np.float32), lambda x: np.asarray(x, np.float32)
        bottom, top = stored_range(spec)
        if low < bottom or high > top:
            raise DataError(
                f"{shown(where)}: values from {low:g} to {high:g}; the run was trained on {bottom:g} to {top:g}"
            )
    return lambda x: normalised({"x": x}, spec), lambda x: as_stored(x, spec)

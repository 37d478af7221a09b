"""Whether a user's array holds images, series or vectors: as `--kind` says, or by its shape and values."""

from typing import Literal

import numpy as np

from aelab.data.files import shown
from aelab.errors import ConfigError, DataError

Kind = Literal["image", "series", "vector"]
CHANNELS = (1, 2, 3, 4)  # of an image
NARROW = 64  # channels of a series at most, where nothing says that it is one
SAMPLED = 1000  # events looked at
UNLIKE = 3.0  # times that deviations differ, or deviations that means lie apart, where channels are of unlike scale


def require_numbers(x: np.ndarray, where: object, axes: tuple[int, ...] = (2, 3, 4)) -> None:
    """
    Raises:
        DataError: no numbers, none at all, or more axes than events have.
    """
    if x.dtype.kind not in "buif":
        remedies = {"V": "save its fields as columns", "c": "save real and imaginary parts as columns"}
        remedy = f"; {remedies.get(x.dtype.kind, 'save x.astype(float)')}"
        raise DataError(f"{shown(where)}: {x.dtype} is no type of number that events can have{remedy}")
    if x.ndim not in axes:
        wanted = "(n, feature), (n, time, channel), (n, height, width[, channel])"
        more = "; --window cuts one long series into events" if x.ndim == 1 else ""
        raise DataError(f"{shown(where)}: an array of shape {x.shape}; wanted: {wanted}{more}")
    if not x.size:
        raise DataError(f"{shown(where)}: empty, an array of shape {x.shape}")


def decide(x: np.ndarray, asked: str, where: object, *, real: bool) -> tuple[Kind, str]:
    """What events of `x` `[n, …]` are, and a sentence where that was a guess.

    `real` numbers are neither pixels nor shares.
    `(n, d)` are vectors and four axes are images. Three axes are images, unless they hold real numbers and the last
    axis is at most half as long as the one before: those are series of few channels.

    Raises:
        ConfigError: `asked` does not fit the shape.
        DataError: channels come first.
    """
    if x.ndim == 4 and x.shape[1] in CHANNELS and x.shape[3] not in CHANNELS:
        raise DataError(f"{shown(where)}: shape {x.shape} has its channels first; save x.transpose(0, 2, 3, 1) instead")
    if asked != "auto":
        if x.ndim not in {"image": (3, 4), "series": (2, 3), "vector": (2, 3, 4)}[asked]:
            raise ConfigError(f"--kind: {shown(where)} has shape {x.shape}, which cannot be (n, …) of kind {asked}")
        return asked, ""  # ty: ignore[invalid-explicit-return]
    if x.ndim != 3:
        return ("vector", "") if x.ndim == 2 else ("image", "")
    height, width = x.shape[1:]
    if real and width <= NARROW and 2 * width <= height:
        return (
            "series",
            f"events of shape {x.shape[1:]} are read as series (time, channel); --kind image says otherwise",
        )
    if real and 2 * height <= width and height <= NARROW and unlike(x):
        raise DataError(
            f"{shown(where)}: shape {x.shape}, whose rows are of unlike scale, may have the channels of series first; "
            "save x.transpose(0, 2, 1), or give --kind image"
        )
    if width in CHANNELS and 2 * width <= height:
        return "image", f"events of shape {x.shape[1:]} are read as images of one channel; --kind series says otherwise"
    return "image", ""


def unlike(x: np.ndarray) -> bool:
    """Whether the rows along the second axis differ so much that one mean cannot serve them all."""
    rows = np.moveaxis(np.asarray(x[:SAMPLED], np.float64), 1, -1).reshape(-1, x.shape[1])
    mean, std = np.nanmean(rows, 0), np.nanstd(rows, 0)
    return bool(std.max() > UNLIKE * std.min() or np.ptp(mean) > UNLIKE * np.median(std))


def shaped(x: np.ndarray, kind: Kind) -> np.ndarray:
    """`[n, *event]` with the axes of its kind: `(feature,)`, `(time, channel)` or `(height, width, channel)`."""
    if kind == "vector":
        return x.reshape(len(x), -1)
    return x[..., None] if x.ndim == {"series": 2, "image": 3}[kind] else x

"""Which values a user's arrays hold, and how they become what a model sees."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource, pieces
from aelab.data.files import shown
from aelab.data.source import Spec
from aelab.errors import ConfigError, DataError

MOST = np.finfo(np.float32).max
TOPS = (1, 255, 1023, 4095, 16383, 65535)  # the largest value of 1, 8, 10, 12, 14 and 16 bits


class Look(NamedTuple):
    """What the values of one array are."""

    low: float  # smallest, of those that are there
    high: float
    missing: bool  # some are NaN


def look(x: np.ndarray, where: object) -> Look:
    """Smallest and largest value.

    Raises:
        DataError: some are infinite or too large for float32, or none is there.
    """
    low, high, missing, start = np.inf, -np.inf, False, 0
    for piece in pieces(ArraySource(x, None, Spec(x.shape[1:], x.dtype.name, "real"))):
        values = piece["x"]
        if values.dtype.kind == "f" and not (np.abs(values) <= MOST).all():
            absent = np.isnan(values)
            wild = ~(absent | (np.abs(values) <= MOST))
            if wild.any():
                place = first(wild, start)
                raise DataError(f"{shown(where)}: {values[wild][0]:g} is not finite as float32, at {place}; correct it")
            missing, values = True, values[~absent]
        start += len(piece["x"])
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low > high:
        raise DataError(
            f"{shown(where)}: no value is there, all are missing, the first at {first(np.ones((1,) * x.ndim))}"
        )
    return Look(low, high, missing)


def first(bad: np.ndarray, start: int = 0) -> str:
    """Where the first true entry is, in the array's own axes."""
    place = np.argwhere(bad)[0]
    place[0] += start
    return f"[{', '.join(map(str, place))}] counted from 0"


def together(looks: Iterable[Look]) -> Look:
    """What the values of several arrays are."""
    lows, highs, missing = zip(*looks, strict=True)
    return Look(min(lows), max(highs), any(missing))


def top_of(high: float) -> int:
    """The largest value that as many bits hold as `high` needs, of the numbers of bits that cameras have."""
    return next(top for top in TOPS if high <= top)


def value_spec(
    shape: tuple[int, ...], types: set[np.dtype], seen: Look, options: DataOptions, where: object, *, guess: bool = True
) -> tuple[Spec, str]:
    """How values are stored and scaled, and a sentence where that was decided by looking at them.

    `--scale` says it. Without it: bytes are a share of 255, images of 16 bits a share of the largest value that as many
    bits hold as are used (of 65535 without `guess`), bits and floats in [0, 1] stay as they are, everything else is
    standardised.

    Raises:
        ConfigError: `--scale` does not fit the values.
    """
    whole, standardised = (
        all(dtype.kind in "bui" for dtype in types),
        Spec(shape, "float32", "real", missing=seen.missing),
    )
    if options.scale == "standardise":
        return standardised, ""
    if options.scale != "auto":
        return _by_number(shape, whole, seen, float(options.scale), where), ""
    if whole and seen.low >= 0 and (len(shape) == 3 or types <= {np.dtype(bool), np.dtype(np.uint8)}):
        if seen.high <= 255:
            top = 1 if seen.high <= 1 else 255
            return Spec(shape, "uint8", "unit", scale=float(top), levels=top + 1), ""
        if types == {np.dtype(np.uint16)}:
            top = top_of(seen.high) if guess else TOPS[-1]
            return Spec(shape, "uint16", "unit", scale=float(top), levels=top + 1), said_top(seen.high, top)
    if seen.low >= 0 and seen.high <= 1:
        return Spec(shape, "float32", "unit", missing=seen.missing), ""
    return standardised, ""


def said_top(high: float, top: int) -> str:
    """The sentence for a scale that is not that of the stored type."""
    bits = top.bit_length()
    told = f"values up to {high:g} are of {bits} bit{'s' * (bits > 1)}: the model sees them divided by {top}; "
    return "" if top == TOPS[-1] else told + "--scale says another number, or standardise"


def _by_number(shape: tuple[int, ...], whole: bool, seen: Look, top: float, where: object) -> Spec:
    if seen.low < 0 or seen.high > top:
        raise ConfigError(
            f"--scale: {top:g} is to be the largest value, and {shown(where)} has {seen.low:g} to {seen.high:g}; "
            "give one that is as large, or standardise"
        )
    if whole and top == int(top) and top <= TOPS[-1]:
        return Spec(shape, "uint8" if top <= 255 else "uint16", "unit", scale=top, levels=int(top) + 1)
    return Spec(shape, "float32", "unit", scale=top, missing=seen.missing)

"""What of a series is there: missing values behind its end say its length, others were not observed."""

from collections.abc import Mapping

import numpy as np

from aelab.data.files import shown
from aelab.data.ranges import first
from aelab.errors import DataError


def ends(x: np.ndarray) -> np.ndarray:
    """The steps of each series `[n, time, channel]` up to the last that any channel has a value at."""
    there = np.asarray(~np.isnan(x).all(axis=2))
    return np.where(there.any(1), x.shape[1] - there[:, ::-1].argmax(1), 0)


def lengths_of(parts: Mapping[str, np.ndarray], wheres: Mapping[str, object]) -> dict[str, np.ndarray | None]:
    """The lengths of padded series by split, None throughout where no series ends early; the padding becomes 0.

    Raises:
        DataError: a series of missing values alone.
    """
    found = {role: ends(x) for role, x in parts.items()}
    for role, steps in found.items():
        if not steps.all():
            raise DataError(f"{shown(wheres[role])}: event {steps.argmin()}, counted from 0, holds no value; drop it")
    for role, x in parts.items():
        x[np.arange(x.shape[1]) >= found[role][:, None]] = 0
    whole = all((steps == parts[role].shape[1]).all() for role, steps in found.items())
    return dict.fromkeys(parts) if whole else dict(found)


def missing_left(x: np.ndarray, where: object, allowed: bool) -> bool:
    """Whether values inside events are missing, which must be `allowed`.

    Raises:
        DataError: they are and must not, or an event has none at all.
    """
    absent = np.asarray(np.isnan(x))
    if not absent.any():
        return False
    if not allowed:
        place = first(absent[..., 0] if x.shape[-1] == 1 and x.ndim > 2 else absent)
        raise DataError(
            f"{shown(where)}: a value is missing or not finite, NaN at {place}; fill it in, or give --missing mask "
            "to train on what was observed"
        )
    empty = absent.reshape(len(x), -1).all(axis=1)
    if empty.any():
        raise DataError(f"{shown(where)}: event {empty.argmax()}, counted from 0, holds no value; drop it")
    return True

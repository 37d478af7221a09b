"""Events as they are stored, events as a model sees them, and the way back; written once, here.

    seen = (stored - shift) / scale          stored = seen * scale + shift

`shift` and `scale` stand in the `Spec` of a set: one number, or one for each channel.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from aelab.data.source import Spec


def normalise(x: Any, spec: Spec) -> Any:
    """(x - shift) / scale of stored events or of their mean, a floating-point array of numpy or jax; the dtype stays.

    A shift of 0 and a scale of 1 leave no operation in a compiled program.
    """
    if spec.shift != 0:
        x = x - np.asarray(spec.shift, x.dtype)
    if spec.scale != 1:
        x = x / np.asarray(spec.scale, x.dtype)
    return x


def normalised(batch: Mapping[str, np.ndarray], spec: Spec) -> Float[np.ndarray, "batch *event"]:
    """The events `x` of a batch of a source as a model sees them: a float32 copy, 0 where nothing is.

    That is behind the end of a series, and in entries that were not observed.
    """
    x = normalise(batch["x"].astype(np.float32), spec)
    if spec.missing:
        x[np.isnan(x)] = 0
    if "length" in batch:
        x[np.arange(spec.shape[0]) >= batch["length"][:, None]] = 0
    return x


def as_stored(x: Any, spec: Spec) -> np.ndarray:
    """What a model gives, in the units of its set, float32; rounded and clipped where a set holds whole numbers."""
    x = np.asarray(x) * np.asarray(spec.scale, np.float32) + np.asarray(spec.shift, np.float32)
    if np.dtype(spec.dtype).kind != "u":
        return x.astype(np.float32)
    limits = stored_range(spec) if spec.values == "unit" else (0, np.iinfo(spec.dtype).max)
    return np.clip(np.rint(x), *limits).astype(spec.dtype)


def stored_range(spec: Spec) -> tuple[float, float]:
    """What is stored for 0 and for 1, where a model sees values in [0, 1]; the outermost ones of all channels."""
    return float(np.min(spec.shift)), float(np.max(np.add(spec.shift, spec.scale)))

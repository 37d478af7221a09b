"""The units of a table and those of the model: columns are standardised by what was observed of them."""

import warnings
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Table = Float[np.ndarray, "row feature"]
FARTHEST = 1e15  # standard deviations; the square of what is farther out would not be finite in float32


class Scale(NamedTuple):
    """x = shift + scale · (what the model sees), column by column, float64."""

    shift: Float[np.ndarray, "feature"]
    scale: Float[np.ndarray, "feature"]

    def seen(self, x: Table) -> Table:
        """A table as the model sees it, float32; it is subtracted in float64, so a large mean costs no digits."""
        z = (np.asarray(x, np.float64) - self.shift) / self.scale
        return np.clip(z, -FARTHEST, FARTHEST).astype(np.float32)

    def restored(self, z: np.ndarray) -> np.ndarray:
        """The inverse of `seen`, float64."""
        return np.asarray(z, np.float64) * self.scale + self.shift

    def log_volume(self, x: Table) -> Float[np.ndarray, "row"]:
        """Σ log scale over the observed entries of each row: a density in units of the table is less by it, in nats."""
        return (~np.isnan(x)) @ np.log(self.scale)


def units(features: int) -> Scale:
    """The scale that changes nothing."""
    return Scale(np.zeros(features), np.ones(features))


def standardising(x: Table) -> Scale:
    """Mean and standard deviation of the observed entries of each column; 1 where a column does not vary."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without any entry: refused before
        shift, spread = np.nanmean(x, 0, dtype=np.float64), np.nanstd(x, 0, dtype=np.float64)
    varies = spread > 10 * np.finfo(np.float64).eps * np.maximum(np.abs(shift), 1e-300)
    return Scale(np.asarray(shift), np.where(varies, spread, 1.0))

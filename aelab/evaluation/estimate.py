"""A number with its standard error and how many examples it comes from."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

DRAWS = 200  # resamplings of the bootstrap: its standard error is then known to about 5 %


class Estimate(NamedTuple):
    """An estimate; `error` is its standard error in the same unit, NaN where nothing is known about it."""

    value: float
    error: float
    n: int  # examples

    def interval(self, sides: float = 1.96) -> tuple[float, float]:
        """From `sides` standard errors below to as many above: 1.96 of them cover 95 % of a normal distribution."""
        return self.value - sides * self.error, self.value + sides * self.error


def mean(values: Float[np.ndarray, "example"]) -> Estimate:
    """The mean of independent numbers, and s / √n with s their standard deviation; of one number no error is known."""
    values = np.asarray(values, np.float64)
    n = len(values)
    return Estimate(float(values.mean()), float(values.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan, n)


def bootstrap(
    statistic: Callable[..., float], columns: Sequence[np.ndarray], *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """A statistic of arrays `[example, …]` whose rows belong together, with the standard deviation under resampling.

    Each draw takes as many examples, with repetition (Efron 1979, doi:10.1214/aos/1176344552).
    """
    n, rng = len(columns[0]), np.random.default_rng(seed)
    again = [statistic(*(column[rows] for column in columns)) for rows in rng.integers(n, size=(draws, n))]
    error = float(np.std(again, ddof=1)) if n > 1 and draws > 1 else math.nan
    return Estimate(float(statistic(*columns)), error, n)

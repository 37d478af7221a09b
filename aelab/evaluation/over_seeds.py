"""The mean of a score over the seeds of a recipe, and what is known of it."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class OverSeeds(NamedTuple):
    """A mean over seeds and what is known of it: sd of a sample, and the interval of Student's t; None of one seed.

    mean ± t(0.975, n - 1) sd / sqrt(n)
    """

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    count: int


def over_seeds(values: Sequence[float]) -> OverSeeds:
    """Mean, sd and 95 % interval of a sample."""
    mean, count = statistics.mean(values), len(values)
    if count < 2:
        return OverSeeds(mean, None, None, None, count)
    from scipy.stats import t  # here: it takes a while

    sd = statistics.stdev(values)
    half = float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * sd / math.sqrt(count)
    return OverSeeds(mean, sd, mean - half, mean + half, count)

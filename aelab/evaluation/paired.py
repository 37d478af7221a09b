"""How sure a lead is: two methods on the same test events, and the interval that other draws of events would give."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

DRAWS = 2000  # resamples of the events
LEVEL = 0.95  # of an interval
BLOCK = 50  # resamples whose indices are in memory at a time


class Lead(NamedTuple):
    """By how much ours is ahead; below 0 it is behind."""

    value: float
    low: float  # the ends of the interval
    high: float


def lead_of_means(ours: np.ndarray, rival: np.ndarray, seed: int = 0) -> Lead:
    """The mean of `ours` − `rival` over the events, with its paired bootstrap interval (Efron and Tibshirani 1993).

    `ours` is `[event]` or `[seed, event]`, of which the mean over the seeds is taken first; `rival` is `[event]`. More
    is better. An event that is infinite in both, such as the PSNR of what nobody spoilt, is in no mean; where all are,
    nobody is ahead.
    """
    with np.errstate(invalid="ignore"):
        difference = np.atleast_2d(ours).mean(0, dtype=np.float64) - rival
    difference = difference[~np.isnan(difference)]
    if not len(difference):
        return Lead(0.0, 0.0, 0.0)
    return lead(lambda index: difference[index].mean(-1), len(difference), seed)


def lead(statistic: Callable[[np.ndarray], np.ndarray], events: int, seed: int = 0) -> Lead:
    """The value of a statistic and its percentile interval over resampled events.

    `statistic` takes the numbers of events, `[draw, event]` with as many events as there are, and gives `[draw]`. A
    draw of which it is not defined (NaN), such as one of normal events alone, does not count.
    """
    rng = np.random.default_rng(seed)
    value = float(statistic(np.arange(events)[None])[0])
    blocks = (statistic(rng.integers(events, size=(BLOCK, events), dtype=np.int32)) for _ in range(DRAWS // BLOCK))
    drawn = np.concatenate(list(blocks))
    low, high = np.quantile(drawn[~np.isnan(drawn)], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Lead(value, float(low), float(high))

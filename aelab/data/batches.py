"""The order of examples: a pure function of (seed, epoch); the position in it is one integer, the step."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np


def epoch_order(seed: int, epoch: int, size: int) -> np.ndarray:
    """A permutation of 0 … size − 1.

    Sorts the raw words of a counter-based generator, whose stream numpy guarantees, unlike that of its shuffles. Key 0
    of the seed's streams is left to the validation split.
    """
    key = np.array((seed, 1 + epoch), np.uint64)  # a pair of Python numbers would be rounded to floats from 2**63 on
    return np.argsort(np.random.Philox(key=key).random_raw(size), kind="stable").astype(np.int32)


def steps_per_epoch(size: int, batch_size: int) -> int:
    """Steps in which every example is seen once; the last batch may be short."""
    return -(-size // batch_size)


Order = Callable[[int, int, int], np.ndarray]


def kept_order() -> Order:
    """`epoch_order` that remembers the last two it gave: an epoch, and the next one, which is read ahead."""
    return lru_cache(maxsize=2)(epoch_order)


_order = kept_order()


def batch_indices(seed: int, step: int, size: int, batch_size: int, order: Order = _order) -> np.ndarray:
    """Examples of the batch at `step`, at most `batch_size`; the batches of an epoch are disjoint and complete."""
    epoch, position = divmod(step, steps_per_epoch(size, batch_size))
    return order(seed, epoch, size)[position * batch_size : (position + 1) * batch_size]


def process_rows(rows: int, process: int, processes: int) -> slice:
    """The rows of a global batch that one of several processes reads: a block each, disjoint and complete."""
    return slice(rows * process // processes, rows * (process + 1) // processes)

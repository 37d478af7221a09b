"""A split, batch by batch in its own order: every program sees one shape, every draw is keyed by the example.

A batch of events is in memory at a time, whatever the size of the split.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.data.to_batch import to_batch
from aelab.distributions import map_rows

BATCH = 500  # examples a program call, fewer of large events; changes no result, only memory and time
LARGEST = 64 << 20  # bytes of a batch of events as the model sees them


def batches(
    source: Source, size: int = BATCH, first: int | None = None, *, exact: bool = False
) -> Iterator[tuple[Batch, int]]:
    """Batches of `size` rows and how many of them are real; the last one repeats its last example at weight 0.

    `first` is how many examples of the split to go through, None for all. Batches of large events are smaller, unless
    their size must be `exact`.
    """
    count = len(source) if first is None else min(first, len(source))
    size = size if exact else min(size, count, max(LARGEST // (4 * math.prod(source.spec.shape)), 1))
    for start in range(0, count, size):
        index = np.arange(start, start + size, dtype=np.int32)
        real = min(size, count - start)
        stored = source.get_batch(np.minimum(index, count - 1))
        weight = jnp.asarray((index < count).astype(np.float32))  # numpy converts: no program is compiled for it
        yield to_batch(stored, source.spec, weight=weight, index=jnp.asarray(index)), real


def parts(function: Callable[[Batch], Any], source: Source, size: int = BATCH, first: int | None = None) -> list[Any]:
    """`function` of every batch, in numpy arrays, rows that only pad it left out."""
    found = batches(source, size, first)
    return [map_rows(lambda a: np.asarray(a)[:real], function(batch)) for batch, real in found]  # noqa: B023


def joined(parts: Sequence[Any]) -> Any:
    """The parts of a split joined along the examples."""
    return map_rows(lambda *pieces: np.concatenate(pieces), *parts)


def per_example(function: Callable[[Batch], Any], source: Source, size: int = BATCH, first: int | None = None) -> Any:
    """`function` of every batch, joined along the examples: numpy arrays of length `len(source)`, or `first`."""
    return joined(parts(function, source, size, first))


def by_block(function: Callable[[Any], Any], x: Any, size: int = BATCH) -> Any:
    """`function` of an array, or of a tree of them, `size` rows at a time, joined along the rows: numpy arrays."""
    count = len(jax.tree.leaves(x)[0])
    blocks = [jax.tree.map(lambda a: a[i : i + size], x) for i in range(0, count, size)]  # noqa: B023
    parts = [jax.device_get(function(block)) for block in blocks]
    return jax.tree.map(lambda *pieces: np.concatenate(pieces), *parts)


def mean(function: Callable[[Batch], Any], source: Source, size: int = BATCH) -> Any:
    """The mean over all examples of what `function` gives for each, float64; none of them is kept."""
    return mean_over(function, batches(source, size))


def mean_over(function: Callable[[Batch], Any], given: Iterable[tuple[Batch, int]]) -> Any:
    """The same over batches that are given with how many of their rows are real."""
    total, count = None, 0
    for batch, real in given:
        sums = jax.tree.map(lambda a: np.asarray(a, np.float64)[:real].sum(0), function(batch))  # noqa: B023
        total = sums if total is None else jax.tree.map(np.add, total, sums)
        count += real
    return jax.tree.map(lambda sums: sums / count, total)


def summed(function: Callable[[Batch], Any], source: Source) -> Any:
    """What `function` gives for each batch, added up in float64; it weighs rows by `batch.weights` itself."""
    total = None
    for batch, _ in batches(source):
        sums = jax.tree.map(lambda array: np.asarray(array, np.float64), function(batch))
        total = sums if total is None else jax.tree.map(np.add, total, sums)
    return total

"""A split, batch by batch in its own order: every program sees one shape, every draw is keyed by the example."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.training.feed import to_batch

BATCH = 500  # examples a program call; changes no result, only memory and time


def batches(source: Source, size: int = BATCH) -> Iterator[tuple[Batch, int]]:
    """Batches of `size` rows and how many of them are real; the last one repeats its last example at weight 0."""
    size = min(size, len(source))
    for start in range(0, len(source), size):
        index = np.arange(start, start + size)
        real = min(size, len(source) - start)
        stored = source.get_batch(np.minimum(index, len(source) - 1))
        weight = jnp.asarray(index < len(source), jnp.float32)
        yield to_batch(stored, source.spec, weight=weight, index=jnp.asarray(index, jnp.int32)), real


def per_example(function: Callable[[Batch], Any], source: Source, size: int = BATCH) -> Any:
    """`function` of every batch, joined along the examples: numpy arrays of length `len(source)`."""
    parts = [jax.tree.map(lambda a: np.asarray(a)[:real], function(batch)) for batch, real in batches(source, size)]  # noqa: B023
    return jax.tree.map(lambda *pieces: np.concatenate(pieces), *parts)

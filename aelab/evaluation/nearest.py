"""Which training events made-up ones are nearest to: copies of them are at distance 0."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from aelab.data.source import Source
from aelab.evaluation.batches import batches
from aelab.evaluation.distances import squared_distances


class Nearest(NamedTuple):
    """The nearest events of each sample, the nearest first."""

    index: Int[np.ndarray, "sample k"]  # of the event in its source
    distance: Float[np.ndarray, "sample k"]  # Euclidean, in the unit of events as a model sees them


def nearest(made: Float[np.ndarray, "sample *event"], source: Source, k: int = 1) -> Nearest:
    """The `k` events of a source nearest to each sample, by exact search through all of them, a batch at a time.

    Samples are as a model makes them. Distances are in float64, right to about 1e-8 of the size of an event.
    """
    flat = made.reshape(len(made), -1).astype(np.float64)
    distance, index = np.zeros((len(made), 0)), np.zeros((len(made), 0), np.int64)
    for batch, real in batches(source):
        x = np.asarray(batch.targets, np.float64)[:real].reshape(real, -1)
        rows = np.broadcast_to(np.asarray(batch.index)[:real], (len(made), real))
        distance = np.concatenate([distance, *_joined(flat, x)], 1)
        index = np.concatenate([index, rows], 1)
        best = np.argsort(distance, axis=1, kind="stable")[:, :k]
        distance, index = (np.take_along_axis(a, best, 1) for a in (distance, index))
    return Nearest(index, np.sqrt(distance))


def _joined(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    return [np.concatenate(list(squared_distances(x, y)))]

"""Which training events made-up ones are nearest to: copies of them are at distance 0."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.data.to_batch import to_batch
from aelab.evaluation.batches import batches

SPARE = 8  # candidates beyond the k: in float32 the order of those that are almost as near is not sure
BLOCK = 50  # samples whose candidates are in memory at a time


class Nearest(NamedTuple):
    """The nearest events of each sample, the nearest first."""

    index: Int[np.ndarray, "sample k"]  # of the event in its source
    distance: Float[np.ndarray, "sample k"]  # Euclidean, in the unit of events as a model sees them


def nearest(made: Float[np.ndarray, "sample *event"], source: Source, k: int = 1) -> Nearest:
    """The `k` events of a source nearest to each sample, by search through all of them, a batch at a time.

    Samples are as a model makes them. Candidates are found in float32, and their distances are exact.
    """
    k, flat = min(k, len(source)), made.reshape(len(made), -1).astype(np.float32)
    kept = min(k + SPARE, len(source))
    found = jnp.full((len(made), kept), jnp.inf), jnp.zeros((len(made), kept), jnp.int32)
    for batch, _ in batches(source):
        found = _nearer(jnp.asarray(flat), *found, batch)
    index = np.asarray(found[1], np.int64)
    blocks = [slice(i, i + BLOCK) for i in range(0, len(made), BLOCK)]
    distance = np.concatenate([_distances(flat[rows], source, index[rows]) for rows in blocks])
    order = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return Nearest(*(np.take_along_axis(a, order, 1) for a in (index, distance)))


@jax.jit
def _nearer(
    flat: Float[Array, "sample entry"],
    distance: Float[Array, "sample kept"],
    index: Int[Array, "sample kept"],
    batch: Batch,
) -> tuple[Float[Array, "sample kept"], Int[Array, "sample kept"]]:
    """The same with a batch more; distances are squared and up to a constant of each sample."""
    x = batch.targets.reshape(len(batch.targets), -1)
    squares = jnp.where(batch.weights > 0, jnp.square(x).sum(1), jnp.inf)  # rows that only fill the batch are far off
    away = squares - 2 * jnp.dot(flat, x.T, precision="highest")
    rows = jnp.broadcast_to(jnp.asarray(batch.index), away.shape)
    distance, index = jnp.concatenate([distance, away], 1), jnp.concatenate([index, rows], 1)
    least, places = jax.lax.top_k(-distance, distance.shape[1] - len(x))
    return -least, jnp.take_along_axis(index, places, 1)


def _distances(flat: np.ndarray, source: Source, index: np.ndarray) -> Float[np.ndarray, "sample kept"]:
    """Euclidean distances of samples to these events, from their differences."""
    rows = index.reshape(-1)
    seen = to_batch(source.get_batch(rows), source.spec, weight=jnp.ones(len(rows)), index=jnp.asarray(rows)).targets
    events = np.asarray(seen, np.float64).reshape(*index.shape, -1)
    return np.linalg.norm(flat[:, None] - events, axis=-1)

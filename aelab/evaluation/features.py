"""What the units of a sparse dictionary stand for: the examples that turn each on most, and the clearest units."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from aelab.batch import Batch
from aelab.data.arrays import rows_of
from aelab.data.normalise import normalised
from aelab.data.row_names import Names
from aelab.data.source import Source
from aelab.evaluation.batches import batches
from aelab.evaluation.dictionaries import usage
from aelab.model import Autoencoder, PyTree

SHOWN = 10  # units
TOP = 8  # examples of each
CANDIDATES = 1000  # units among which the clearest are sought, those with the strongest answers


def clearest(model: Autoencoder, params: PyTree, source: Source, *, names: Names) -> dict[str, np.ndarray]:
    """Of the clearest units, the examples that turn them on most: `values` and `names` [unit, example].

    A unit is clear where these examples are alike: by the mean cosine of the pairs of them, as a model sees events.
    Those that fewer examples turn on are left out. `units` says which they are, and `share` how many examples turn each
    on. All are of the split, and numbered as in the file that it was read from.
    """
    values, events = strongest(model, params, source)
    used = usage(model, params, source)
    candidates = np.argsort(-values[:, 0], kind="stable")[:CANDIDATES]
    candidates = candidates[used[candidates] >= values.shape[1]]
    alike = likeness(source, events[candidates])
    units = candidates[np.argsort(-alike, kind="stable")[:SHOWN]]
    shown = events[units]
    called = names(rows_of(source, shown.reshape(-1)))
    return {
        "units": units,
        "share": used[units] / len(source),
        "values": values[units],
        "names": np.array(called, dtype=str).reshape(shown.shape),
    }


def strongest(
    model: Autoencoder, params: PyTree, source: Source
) -> tuple[Float[np.ndarray, "unit top"], Int[np.ndarray, "unit top"]]:
    """Of each unit the largest numbers over a split, the largest first, and the examples that have them."""
    found = None
    for batch, _ in batches(source):
        found = _stronger(model, params, batch, found, min(TOP, len(source)))
    assert found is not None
    return np.asarray(found[0]), np.asarray(found[1])


@partial(jax.jit, static_argnums=(0, 4))
def _stronger(model: Autoencoder, params: PyTree, batch: Batch, found: tuple[Array, Array] | None, count: int):
    """The same, with a batch more; rows that only pad it have no number."""
    z = model.encode(params, batch.inputs, **batch.beside_inputs).mode
    values = jnp.where(batch.weights[:, None] > 0, z, -1).T
    events = jnp.broadcast_to(jnp.asarray(batch.index), values.shape)
    if found is not None:
        values, events = (jnp.concatenate(pair, 1) for pair in zip(found, (values, events), strict=True))
    top, places = jax.lax.top_k(values, count)
    return top, jnp.take_along_axis(events, places, 1)


def likeness(source: Source, events: Int[np.ndarray, "unit top"]) -> Float[np.ndarray, "unit"]:
    """The mean cosine of the pairs of examples of each unit."""
    every, places = np.unique(events, return_inverse=True)
    if not len(every):
        return np.zeros(0)
    x = normalised(source.get_batch(every), source.spec).reshape(len(every), -1)
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    count = events.shape[1]
    mean = np.stack([x[rows].sum(0) for rows in places.reshape(events.shape)])
    return (np.square(mean).sum(1) - count) / max(count * (count - 1), 1)

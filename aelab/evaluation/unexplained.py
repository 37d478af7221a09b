"""The share of a split's variance that reconstructions leave: 0 where they are perfect, 1 for the mean event."""

from functools import partial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.devices.compiled import compiled
from aelab.distributions import existing, sum_event
from aelab.evaluation.batches import summed
from aelab.experiment import Score
from aelab.model import Autoencoder, PyTree


def unexplained(model: Autoencoder, params: PyTree, key, source: Source) -> float:
    """Σ ‖x − x̂‖² / Σ ‖x − x̄‖² over a split, with x̄ the mean of the split; over the entries that were observed."""
    sums = summed(partial(_moments, model, params), source)
    spread = (sums["second"] - np.square(sums["first"]) / np.maximum(sums["count"], 1)).sum()
    return float(sums["error"] / max(spread, 1e-12))


@compiled(static_argnums=(0,))
def _moments(model: Autoencoder, params: PyTree, batch: Batch) -> dict[str, Array]:
    """Sums over the rows: of each entry, of its square, how often it was observed, and of the squared errors."""
    x = existing(batch.targets, batch.entries)
    z = model.encode(params, batch.inputs, **batch.beside_inputs).mode
    rebuilt = model.decode(params, z, **batch.beside_code).mean
    error = sum_event(jnp.square(batch.targets - rebuilt), batch.entries)
    there = existing(jnp.ones_like(x), batch.entries)
    rows = {"first": x, "second": jnp.square(x), "count": there, "error": error}
    return {name: jnp.tensordot(batch.weights, values, 1) for name, values in rows.items()}


UNEXPLAINED = Score(
    "unexplained", "share", "lower", "of the variance: Σ (x − x̂)² / Σ (x − x̄)², with x̄ the mean of the split",
    unexplained, over="source", label="variance unexplained",
)  # fmt: skip

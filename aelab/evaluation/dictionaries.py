"""Scores of sparse dictionaries, over a whole split: over one batch, a share of dead units depends on its size."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.distributions import existing, sum_event
from aelab.evaluation.batches import batches
from aelab.experiment import Score
from aelab.model import Autoencoder, PyTree


def on_in_each(model: Autoencoder, params: PyTree, key, batch: Batch) -> Float[Array, "batch"]:
    """Of each example, how many numbers of its code are not 0."""
    return (_code(model, params, batch) != 0).sum(1).astype(jnp.float32)


def unexplained(model: Autoencoder, params: PyTree, key, source: Source) -> float:
    """Σ ‖x − x̂‖² / Σ ‖x − x̄‖² over a split, with x̄ the mean of the split; over the entries that were observed."""
    sums = summed(partial(_moments, model, params), source)
    spread = (sums["second"] - np.square(sums["first"]) / np.maximum(sums["count"], 1)).sum()
    return float(sums["error"] / max(spread, 1e-12))


def dead_share(model: Autoencoder, params: PyTree, key, source: Source) -> float:
    """The share of the units that no example of a split turns on."""
    return float((usage(model, params, source) == 0).mean())


def usage(model: Autoencoder, params: PyTree, source: Source) -> Float[np.ndarray, "unit"]:
    """How many examples of a split turn each unit on."""
    return summed(partial(_usage, model, params), source)


def summed(function: Callable[[Batch], PyTree], source: Source) -> PyTree:
    """What `function` gives for each batch, added up in float64; it weighs rows by `batch.weights` itself."""
    total = None
    for batch, _ in batches(source):
        sums = jax.tree.map(lambda array: np.asarray(array, np.float64), function(batch))
        total = sums if total is None else jax.tree.map(np.add, total, sums)
    return total


def _code(model: Autoencoder, params: PyTree, batch: Batch) -> Float[Array, "batch unit"]:
    return model.encode(params, batch.inputs, **batch.beside_inputs).mode


@partial(jax.jit, static_argnums=0)
def _usage(model: Autoencoder, params: PyTree, batch: Batch) -> Float[Array, "unit"]:
    return batch.weights @ (_code(model, params, batch) != 0).astype(jnp.float32)


@partial(jax.jit, static_argnums=0)
def _moments(model: Autoencoder, params: PyTree, batch: Batch) -> dict[str, Array]:
    """Sums over the rows: of each entry, of its square, how often it was observed, and of the squared errors."""
    x = existing(batch.targets, batch.entries)
    rebuilt = model.decode(params, _code(model, params, batch), **batch.beside_code).mean
    error = sum_event(jnp.square(batch.targets - rebuilt), batch.entries)
    there = existing(jnp.ones_like(x), batch.entries)
    rows = {"first": x, "second": jnp.square(x), "count": there, "error": error}
    return {name: jnp.tensordot(batch.weights, values, 1) for name, values in rows.items()}


SCORES = (
    Score("l0", "units", "neither", "numbers of the code that are not 0, mean over the examples", on_in_each,
          label="L0"),
    Score("unexplained", "share", "lower", "of the variance: Σ (x − x̂)² / Σ (x − x̄)², with x̄ the mean of the split",
          unexplained, over="source", label="variance unexplained"),
    Score("dead_share", "share", "lower", "of the units, that no example of the split turns on", dead_share,
          over="source"),
)  # fmt: skip

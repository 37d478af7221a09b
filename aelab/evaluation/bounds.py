"""Held-out likelihood: the importance-weighted bound L_k for any k (Burda et al. 2016, arXiv:1509.00519, eq. 8)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.devices.compiled import compiled
from aelab.evaluation.batches import per_example
from aelab.evaluation.running import no_weights, nothing
from aelab.model import Autoencoder, PyTree
from aelab.objectives import log_weight
from aelab.takes import gains_from_rows

TOGETHER = 5  # draws of a turn, where the decoder gains from more rows; it divides 10, 50 and 5,000


def importance_bound(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, samples: int | jax.Array
) -> Float[Array, "batch"]:
    """L_k = log (1/k) Σ_i p(x, z_i) / q(z_i|x) with k = `samples` draws; nats per example.

    The sum is a running one, so memory does not depend on k, and k may be traced.
    """
    found = _over_draws(model, params, key, batch, samples, no_weights(len(batch.inputs)), -jnp.inf)
    return found.largest + jnp.log(found.rest.sum / samples)


def average_bound(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, samples: int | jax.Array
) -> Float[Array, "batch"]:
    """The ELBO from k = `samples` draws, (1/k) Σ_i log p(x, z_i) / q(z_i|x); nats per example."""
    return _over_draws(model, params, key, batch, samples, nothing(len(batch.inputs)), 0.0).sum / samples


def _over_draws(model: Autoencoder, params: PyTree, key, batch: Batch, samples, start: Any, none: float) -> Any:
    """The sum `start`, plus log p(x, z) / q(z|x) of every draw; `none` is the number that leaves it as it is."""
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    p = model.prior(params, condition=batch.condition)
    count = TOGETHER if gains_from_rows(model.parts.decoder) else 1

    def weight(number):
        return log_weight(model, params, q, p, key, batch, number)[0]

    def add(turn, so_far):
        numbers = turn * count + jnp.arange(count)
        found = jax.vmap(weight)(numbers) if count > 1 else weight(turn)[None]
        found = jnp.where(numbers[:, None] < samples, found, none)  # the last turn may have too many
        for i in range(count):
            so_far = so_far.plus(found[i])
        return so_far

    return jax.lax.fori_loop(0, (samples + count - 1) // count, add, start)


def held_out_bound(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    samples: int,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
    bound: Callable = importance_bound,
) -> Float[np.ndarray, "example"]:
    """A bound of every example of a split, as it is `shown` to the model."""
    return per_example(lambda batch: _bound(bound, model, params, key, shown(batch), jnp.int32(samples)), source)


@compiled(static_argnums=(0, 1))
def _bound(bound: Callable, model: Autoencoder, params: PyTree, key, batch: Batch, samples):
    """Runs of one recipe share the compiled program."""
    return bound(model, params, key, batch, samples)

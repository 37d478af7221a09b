"""Held-out likelihood: the importance-weighted bound L_k for any k (Burda et al. 2016, arXiv:1509.00519, eq. 8)."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.evaluation.batches import per_example
from aelab.model import Autoencoder, PyTree
from aelab.objectives import log_weight


def importance_bound(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, samples: int | jax.Array
) -> Float[Array, "batch"]:
    """L_k = log (1/k) Σ_i p(x, z_i) / q(z_i|x) with k = `samples` draws; nats per example.

    The sum is a running one, so memory does not depend on k, and k may be traced.
    """
    q = model.encode(params, batch.inputs, mask=batch.mask, condition=batch.condition)

    def add(sample, total):
        return jnp.logaddexp(total, log_weight(model, params, q, key, batch, sample)[0])

    start = jnp.full(len(batch.inputs), -jnp.inf)
    return jax.lax.fori_loop(0, samples, add, start) - jnp.log(samples)


def held_out_bound(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], source: Source, samples: int
) -> Float[np.ndarray, "example"]:
    """`importance_bound` of every example of a split."""
    return per_example(lambda batch: _bound(model, params, key, batch, jnp.int32(samples)), source)


_bound = jax.jit(importance_bound, static_argnums=0)  # runs of one recipe share the compiled program

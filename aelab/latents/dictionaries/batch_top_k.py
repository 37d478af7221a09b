"""Units that are on where their answer is among the largest of a batch (Bussmann et al. 2024, arXiv:2412.06410)."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import Sparse


class BatchTopK(nn.Module):
    """z = max(W f + c, 0) where it is at least a threshold, else 0: what the code is for an event on its own.

    Training chooses over the batch instead, and keeps the threshold where that choice lies
    (`aelab.objectives.dictionaries.batch_top_k`). So the code of an event never depends on the events beside it.
    """

    latent_dim: int

    @nn.compact
    def __call__(self, features: Float[Array, "batch feature"]) -> Sparse:
        before = nn.relu(nn.Dense(self.latent_dim, name="answers")(features))
        value = jnp.where(before >= self.param("threshold", nn.initializers.zeros, ()), before, 0)
        return Sparse(value, before, (value > 0).astype(jnp.float32))

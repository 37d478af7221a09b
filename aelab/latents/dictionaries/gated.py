"""Units that decide apart whether they are on and how strongly (Rajamanoharan et al. 2024, arXiv:2404.16014)."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import Sparse


class Gated(nn.Module):
    """z = max(exp(r) W f + m, 0) where W f + c > 0, else 0 (eq. 5 to 7): an L1 penalty on the gate shortens no z.

    `before` is max(W f + c, 0), what the gate answers. r and m are 0 at first.
    """

    latent_dim: int

    @nn.compact
    def __call__(self, features: Float[Array, "batch feature"]) -> Sparse:
        answers = nn.Dense(self.latent_dim, use_bias=False, name="answers")(features)
        gate = answers + self._vector("gate_bias")
        size = jnp.exp(self._vector("log_size")) * answers + self._vector("size_bias")
        value = jnp.where(gate > 0, nn.relu(size), 0)
        return Sparse(value, nn.relu(gate), (gate > 0).astype(jnp.float32))

    def _vector(self, name: str) -> Float[Array, "unit"]:
        return self.param(name, nn.initializers.zeros, (self.latent_dim,))

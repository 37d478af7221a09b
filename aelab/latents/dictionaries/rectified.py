"""Units that are on where they answer at all (Bricken et al. 2023, "Towards monosemanticity")."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import Sparse


class Rectified(nn.Module):
    """z = max(W f + c, 0) of features f: what the L1 penalty keeps sparse."""

    latent_dim: int

    @nn.compact
    def __call__(self, features: Float[Array, "batch feature"]) -> Sparse:
        z = nn.relu(nn.Dense(self.latent_dim, name="answers")(features))
        return Sparse(z, z, (z > 0).astype(jnp.float32))

"""The variational autoencoder's code: a diagonal normal (Kingma and Welling 2014, arXiv:1312.6114, appendix C.2)."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab import distributions


class Gaussian(nn.Module):
    """Features to μ and log σ², `latent_dim` numbers each, by the two heads.

    The heads are two halves of one dense layer: the same initial distribution as two layers, and one matmul.
    """

    latent_dim: int

    @nn.compact
    def __call__(self, features: Float[Array, "batch *grid channel"]) -> distributions.Normal:
        heads = nn.Dense(2 * self.latent_dim, name="mean_and_log_variance")(features)
        return distributions.Normal(*jnp.split(heads, 2, axis=-1))

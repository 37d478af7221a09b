"""The variational autoencoder's code: a diagonal normal (Kingma and Welling 2014, arXiv:1312.6114, appendix C.2)."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab import distributions
from aelab.distributions import existing


class Gaussian(nn.Module):
    """Features to μ and log σ², `latent_dim` numbers each, by the two heads.

    The heads are two halves of one dense layer: the same initial distribution as two layers, and one matmul.
    At places of a grid outside `mask` q is N(0, I), which costs nothing against a standard normal prior.
    """

    latent_dim: int

    takes = ("mask",)

    @nn.compact
    def __call__(
        self, features: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch *place"] | None = None
    ) -> distributions.Normal:
        heads = existing(nn.Dense(2 * self.latent_dim, name="mean_and_log_variance")(features), mask)
        return distributions.Normal(*jnp.split(heads, 2, axis=-1))

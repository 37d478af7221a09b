"""A code whose numbers vary together (Kingma and Welling 2019, arXiv:1906.02691, section 2.5.1)."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab import distributions
from aelab.distributions import existing


class FullNormal(nn.Module):
    """Features to μ and the triangular factor L of the covariance, by one dense layer.

    The diagonal of L is exp of its outputs, what is below it is the outputs themselves: d + d + d (d − 1)/2 numbers.
    Outputs of 0 are N(0, I), as at places of a grid outside `mask`.
    """

    latent_dim: int

    takes = ("mask",)

    @nn.compact
    def __call__(
        self, features: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch *place"] | None = None
    ) -> distributions.FullNormal:
        dims = self.latent_dim
        row, column = jnp.tril_indices(dims, -1)
        heads = existing(nn.Dense(2 * dims + len(row), name="mean_and_factor")(features), mask)
        mean, log_diagonal, below = jnp.split(heads, [dims, 2 * dims], axis=-1)
        factor = jnp.exp(log_diagonal)[..., None] * jnp.eye(dims, dtype=heads.dtype)
        return distributions.FullNormal(mean, factor.at[..., row, column].set(below))

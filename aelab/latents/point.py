"""The plain autoencoder's code: one point, no spread (Hinton and Salakhutdinov 2006, doi:10.1126/science.1127647)."""

from collections.abc import Callable

import flax.linen as nn
from jaxtyping import Array, Bool, Float

from aelab import distributions
from aelab.distributions import existing


class Point(nn.Module):
    """Features to a code of `latent_dim` numbers by one dense layer on the last axis; 0 outside `mask` on a grid."""

    latent_dim: int
    activation: Callable = lambda code: code

    takes = ("mask",)

    @nn.compact
    def __call__(
        self, features: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch *place"] | None = None
    ) -> distributions.Point:
        code = self.activation(nn.Dense(self.latent_dim, name="code")(features))
        return distributions.Point(existing(code, mask))

"""A code on the sphere: q(z|x) is von Mises–Fisher (Davidson et al. 2018, arXiv:1804.00891, section 3)."""

import flax.linen as nn
from jaxtyping import Array, Float

from aelab import distributions
from aelab.distributions.sphere import unit
from aelab.errors import ConfigError
from aelab.latents.vectors import require_vector

LEAST = 1.0  # κ, as in the authors' program


class VonMisesFisher(nn.Module):
    """Features to a direction of `latent_dim` numbers and κ = 1 + log(1 + exp(output)).

    Raises:
        ConfigError: one number has no sphere to lie on, or the code would have a grid.
    """

    latent_dim: int

    @nn.compact
    def __call__(self, features: Float[Array, "batch channel"]) -> distributions.VonMisesFisher:
        require_vector(features, "vmf")
        if self.latent_dim < 2:
            raise ConfigError("--latent-dim: a code on a sphere needs at least 2 numbers")
        direction = unit(nn.Dense(self.latent_dim, name="direction")(features))
        concentration = LEAST + nn.softplus(nn.Dense(1, name="concentration")(features)[..., 0])
        return distributions.VonMisesFisher(direction, concentration)

"""Real entries with a squared error."""

import math
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab import distributions


class Normal(nn.Module):
    """Real entries with one standard deviation; the outputs are means, the negative log likelihood a squared error.

    `sigma="learned"` fits log σ with the network (σ-VAE: Rybkin et al. 2021, arXiv:2006.13202), from σ = 1.
    """

    sigma: float | Literal["learned"] = 1.0
    outputs = 1

    @nn.compact
    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.Normal:
        if self.sigma == "learned":
            log_sigma = self.param("log_sigma", nn.initializers.zeros, ())
        else:
            log_sigma = jnp.asarray(math.log(self.sigma), outputs.dtype)
        return distributions.Normal(outputs, 2 * log_sigma)

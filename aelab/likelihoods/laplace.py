"""Real entries with an absolute error."""

import math
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab import distributions


class Laplace(nn.Module):
    """Real entries with one scale b; the outputs are medians, −log p(x|z) = Σ |x − a| / b + log 2b.

    `scale="learned"` fits log b with the network, from b = 1.
    """

    scale: float | Literal["learned"] = 1.0
    outputs = 1

    @nn.compact
    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.Laplace:
        if self.scale == "learned":
            log_scale = self.param("log_scale", nn.initializers.zeros, ())
        else:
            log_scale = jnp.asarray(math.log(self.scale), outputs.dtype)
        return distributions.Laplace(outputs, log_scale)

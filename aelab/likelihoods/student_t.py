"""Real entries with outliers (Takahashi et al. 2018, IJCAI, section 3, doi:10.24963/ijcai.2018/374)."""

import math
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab import distributions


class StudentT(nn.Module):
    """Real entries with one scale and one number of degrees of freedom; the outputs are centres.

    The slope of −log p in an entry falls with its distance from the centre once that is large. So an outlier pulls less
    the farther out it lies. `scale="learned"` fits log s with the network, from s = 1.
    """

    scale: float | Literal["learned"] = 1.0
    freedom: float = 5.0
    outputs = 1

    @nn.compact
    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.StudentT:
        if self.scale == "learned":
            log_scale = self.param("log_scale", nn.initializers.zeros, ())
        else:
            log_scale = jnp.asarray(math.log(self.scale), outputs.dtype)
        return distributions.StudentT(outputs, log_scale, jnp.asarray(self.freedom, outputs.dtype))

"""An encoder of counts: it sees their logarithms, because counts of entries differ by orders of magnitude."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.takes import Around


class Logged(Around, nn.Module):
    """`net` of log(1 + x · most), where x · most are counts (Lopez et al. 2018, doi:10.1038/s41592-018-0229-2)."""

    net: nn.Module
    most: float

    def __call__(self, x: Float[Array, "batch *event"], **context: Any):
        return self.net(jnp.log1p(jnp.maximum(x, 0.0) * self.most), **context)

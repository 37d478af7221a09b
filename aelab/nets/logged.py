"""An encoder of counts: it sees their logarithms, because counts of entries differ by orders of magnitude."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.takes import offers, takes


class Logged(nn.Module):
    """`net` of log(1 + x · most), where x · most are counts (Lopez et al. 2018, doi:10.1038/s41592-018-0229-2)."""

    net: nn.Module
    most: float

    @property
    def takes(self) -> tuple[str, ...]:
        """What the net takes."""
        return takes(self.net)

    @property
    def offers(self) -> tuple[str, ...]:
        """What the net offers."""
        return offers(self.net)

    @nn.nowrap
    def recomputing(self):
        """The same, the blocks of the net computed again in the backward pass."""
        return self.clone(net=self.net.recomputing())

    @nn.nowrap
    def code_mask(self, mask):
        """Which places of a code on a grid exist, as the net says."""
        return self.net.code_mask(mask)

    def __call__(self, x: Float[Array, "batch *event"], **context: Any):
        return self.net(jnp.log1p(jnp.maximum(x, 0.0) * self.most), **context)

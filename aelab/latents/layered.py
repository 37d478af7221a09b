"""Codes of several stochastic layers, and the decoder that sees the lowest of them.

- `TopDownLayers`: q(zL|x) Π q(zl|zl+1, x) (Sønderby et al. 2016, arXiv:1602.02282, section 2.1, in its simplest form).
- `BottomUpLayers`: q(z1|x) Π q(zl+1|zl) (Burda et al. 2016, arXiv:1509.00519, eq. 4).

The prior of both is `priors.Layered`, p(zL) Π p(zl|zl+1), and both decode z1 alone, p(x|z1).
"""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import BottomUp, Normal, TopDown, given
from aelab.latents.gaussian import Gaussian
from aelab.latents.vectors import require_vector
from aelab.takes import Around


class Between(nn.Module):
    """From one layer, and what else it depends on, to the normal distribution of the next.

    Two tanh layers of `width` units, as Burda et al. have between stochastic layers; with 0 the means are affine.
    """

    latent_dim: int
    width: int

    @nn.compact
    def __call__(self, *given: Float[Array, "batch channel"]) -> Normal:
        h = jnp.concatenate(given, -1)
        for _ in range(2 * bool(self.width)):
            h = nn.tanh(nn.Dense(self.width)(h))
        q: Normal = Gaussian(self.latent_dim)(h)
        return q


class TopDownLayers(nn.Module):
    """Features to q(zL|x) Π q(zl|zl+1, x); `dims` are the numbers of z1, …, zL."""

    dims: tuple[int, ...]
    width: int

    def setup(self):
        self.lower = [Between(dims, self.width) for dims in self.dims[:-1]]
        self.upper = Gaussian(self.dims[-1])

    def __call__(self, features: Float[Array, "batch channel"]) -> TopDown:
        require_vector(features, "layered")
        top = self.upper(features)
        above, below = top.mode, []
        for layer in reversed(self.lower):
            below.insert(0, given(layer, above, features))
            above = below[0](above).mode
        return TopDown(tuple(below), top)


class BottomUpLayers(nn.Module):
    """Features to q(z1|x) Π q(zl+1|zl)."""

    dims: tuple[int, ...]
    width: int

    def setup(self):
        self.first = Gaussian(self.dims[0])
        self.higher = [Between(dims, self.width) for dims in self.dims[1:]]

    def __call__(self, features: Float[Array, "batch channel"]) -> BottomUp:
        require_vector(features, "bottom_up")
        first = self.first(features)
        below, above = first.mode, []
        for layer in self.higher:
            above.append(given(layer, below))
            below = above[-1](below).mode
        return BottomUp(first, tuple(above))


class LowestLayer(Around, nn.Module):
    """p(x|z1): a decoder that is fed the layer next to the event."""

    net: nn.Module

    def __call__(self, z: tuple[Float[Array, "batch code"], ...], **context):
        return self.net(z[0], **context)

"""A learned flow as a prior: N(0, I), moved by affine coupling layers (Dinh et al. 2017, Real NVP, arXiv:1605.08803).

    z_b = u_b exp(s(u_a)) + t(u_a),  z_a = u_a,    log |det ∂z/∂u| = Σ s(u_a)    (eq. 4 to 8)

Half of the numbers stay and say how the others move; the next layer takes the halves in turn. Both directions take one
pass. As the prior of a VAE: Chen et al. 2017, arXiv:1611.02731, section 3.2.
"""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import Flow, network
from aelab.priors.standard_normal import standard_normal


class Coupling(nn.Module):
    """How far the numbers of one half move and stretch, from those of the other half; at first not at all."""

    moved: tuple[float, ...]  # 1 for the numbers that move
    hidden: int

    @nn.compact
    def __call__(self, z: Float[Array, "*batch number"]):
        moved = jnp.asarray(self.moved)
        h = nn.gelu(nn.Dense(self.hidden)(z * (1 - moved)))
        heads = nn.Dense(2 * len(self.moved), kernel_init=nn.initializers.zeros, name="heads")(
            nn.gelu(nn.Dense(self.hidden)(h))
        )
        shift, log_scale = jnp.split(heads, 2, axis=-1)
        return shift * moved, nn.tanh(log_scale) * moved  # no layer stretches by more than e


class Couplings(nn.Module):
    """Layers that turn vectors into codes of a shape, and back."""

    shape: Sequence[int]  # of one code
    layers: int
    hidden: int

    def setup(self):
        places = range(math.prod(self.shape))
        turns = [tuple(float(place % 2 == turn % 2) for place in places) for turn in range(self.layers)]
        self.couplings = [Coupling(moved, self.hidden) for moved in turns]

    def __call__(self, u: Float[Array, "*batch number"]):
        """Codes, and the log of the volume's change."""
        log_volume = jnp.zeros(u.shape[:-1], u.dtype)
        for coupling in self.couplings:
            shift, log_scale = coupling(u)
            u, log_volume = u * jnp.exp(log_scale) + shift, log_volume + log_scale.sum(-1)
        return u.reshape(*u.shape[:-1], *self.shape), log_volume

    def inverse(self, z: Float[Array, "batch *code"]):
        """Where codes came from, and the same log."""
        u = z.reshape(z.shape[0], math.prod(self.shape))
        log_volume = jnp.zeros(u.shape[0], u.dtype)
        for coupling in reversed(self.couplings):
            shift, log_scale = coupling(u)  # the half that it reads has not moved
            u, log_volume = (u - shift) * jnp.exp(-log_scale), log_volume + log_scale.sum(-1)
        return u, log_volume


class LearnedFlow(nn.Module):
    """p(z) of codes of a shape; N(0, I) at first."""

    shape: Sequence[int]
    layers: int = 4
    hidden: int = 64

    @nn.compact
    def __call__(self) -> Flow:
        base = standard_normal(math.prod(self.shape))
        couplings = Couplings(tuple(self.shape), self.layers, self.hidden, name="flow")
        return Flow(base, network(couplings, base.mean[None]))

"""VampPrior in miniature: the mixture of pseudo-inputs' codes (Tomczak and Welling 2018, arXiv:1705.07120, eq. 9)."""

from collections.abc import Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from aelab.distributions import Normal, draw


class Mixture(NamedTuple):
    """Normal distributions of equal weight, `[*batch, component, number]`."""

    mean: jax.Array
    log_variance: jax.Array

    def log_prob(self, z, mask=None):
        """Of codes `[row, number]`, nats."""
        residual = jnp.square(z[:, None] - self.mean) / jnp.exp(self.log_variance)
        each = -0.5 * (residual + self.log_variance + jnp.log(2 * jnp.pi)).sum(-1)
        return jax.nn.logsumexp(each, -1) - jnp.log(each.shape[-1])

    def sample(self, key, index=None):
        """A component, then a code of it, for each row."""
        first, second = jax.random.split(key)
        rows, components = self.mean.shape[:2]
        chosen = draw(lambda key, shape: jax.random.randint(key, shape, 0, components), first, (rows,), index)
        mean, log_variance = (jnp.take_along_axis(leaf, chosen[:, None, None], 1)[:, 0] for leaf in self)
        return Normal(mean, log_variance).sample(second, index)


class Vamp(nn.Module):
    """(1/K) Σ_k q(z|u_k) with K learned pseudo-inputs, which are kept in (0, 1)."""

    components: int
    event: Sequence[int]

    takes = ("view",)

    @nn.compact
    def __call__(self, view) -> Mixture:
        shape = (self.components, *self.event)
        pseudo = nn.sigmoid(self.param("pseudo", nn.initializers.normal(1.0), shape))
        return Mixture(*view.encode(pseudo))

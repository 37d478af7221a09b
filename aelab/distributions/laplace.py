"""The Laplace distribution: like the normal, with heavier tails.

    log p(x) = −Σ |x − μ| / b + log 2b

As a likelihood it makes the distortion an absolute error, which one wild entry moves less than it moves a squared one.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import aligned, existing, sum_event


class Laplace(NamedTuple):
    """Independent entries, given by `mean` μ and `log_scale` log b; one log scale may serve all entries."""

    mean: Float[Array, "*batch event"]
    log_scale: Float[Array, "..."]

    @property
    def mode(self) -> Float[Array, "*batch event"]:
        return self.mean

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """μ + b ε with ε from the standard Laplace distribution, so it has derivatives in μ and b."""
        shape = jnp.broadcast_shapes(self.mean.shape, jnp.shape(self.log_scale))
        return self.mean + jnp.exp(self.log_scale) * draw(jax.random.laplace, key, shape, index)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """−|x − μ| / b − log 2b of each entry, in nats."""
        mean, log_scale = (aligned(leaf, x.ndim) for leaf in self)
        return -jnp.abs(x - mean) * jnp.exp(-log_scale) - log_scale - math.log(2)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

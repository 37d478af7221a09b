"""The diagonal normal: every entry of an event has a mean and a variance of its own.

    log p(x) = −½ Σ ((x − μ)² / σ² + log σ² + log 2π)

It is the code of a variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114), and as a likelihood it makes the
distortion a squared error.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import aligned, existing, sum_event

LOG_2PI = math.log(2 * math.pi)


class Normal(NamedTuple):
    """N(μ, σ²) of each entry, given by `mean` μ and `log_variance` log σ²; one log variance may serve all entries."""

    mean: Float[Array, "*batch event"]
    log_variance: Float[Array, "..."]

    @property
    def stddev(self) -> Float[Array, "..."]:
        return jnp.exp(0.5 * self.log_variance)

    @property
    def mode(self) -> Float[Array, "*batch event"]:
        return self.mean

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """z = μ + σ ⊙ ε with ε ~ N(0, I), so z has derivatives in μ and σ (Kingma and Welling 2014, section 2.4)."""
        shape = jnp.broadcast_shapes(self.mean.shape, jnp.shape(self.log_variance))
        return self.mean + self.stddev * draw(jax.random.normal, key, shape, index)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """log N(x; μ, σ²) of each entry, in nats."""
        mean, log_variance = (aligned(leaf, x.ndim) for leaf in self)
        return -0.5 * (squared_over_variance(x - mean, log_variance) + log_variance + LOG_2PI)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        x = existing(x, mask)  # so that even a NaN outside the mask leaves no gradient
        return sum_event(self.log_density(x), mask)


def squared_over_variance(difference: Float[Array, "*shape"], log_variance: Float[Array, "..."]):
    """d² / σ², finite wherever it is below 3e38; a variance below exp(−240) counts as that.

    1 / σ² overflows below log σ² = −88, and 0 · ∞ is not a number. What lies below −80 is divided away before d is
    squared; above −80 that factor is 1 and changes no bit.
    """
    log_variance = jnp.maximum(log_variance, -240.0)
    rest = jnp.exp(-0.5 * jnp.minimum(log_variance + 80.0, 0.0))
    return jnp.square(difference * rest) * jnp.exp(-jnp.maximum(log_variance, -80.0))

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

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """log N(x; μ, σ²) of each example, summed over the event, in nats."""
        x = existing(x, mask)  # so that even a NaN outside the mask leaves no gradient
        mean, log_variance = (aligned(leaf, x.ndim) for leaf in self)
        squared = jnp.square(x - mean) * jnp.exp(-log_variance)
        return sum_event(-0.5 * (squared + log_variance + LOG_2PI), mask)

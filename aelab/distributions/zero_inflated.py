"""Zero-inflated counts: some zeros are zeros of the count, and some are entries that were missed.

    p(0) = π + (1 − π) p₀(0),    p(x) = (1 − π) p₀(x) for x > 0

The distribution of scVI for molecules that a machine loses (Lopez et al. 2018, doi:10.1038/s41592-018-0229-2).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import log_sigmoid
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event
from aelab.distributions.negative_binomial import NegativeBinomial


class ZeroInflated(NamedTuple):
    """Independent counts of `base`, each replaced by 0 with probability π = sigmoid(logits)."""

    logits: Float[Array, "batch *event"]
    base: NegativeBinomial

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return jax.nn.sigmoid(-self.logits) * self.base.mean

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        """The likelier of 0 and the mode of the base."""
        other = self.base.mode
        zero = self.log_density(jnp.zeros_like(other)) >= self.log_density(other)
        return jnp.where(zero, 0.0, other)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """A count, or the 0 that takes its place. A row draws by its number in `index`."""
        of_count, of_loss = jax.random.split(key)
        lost = draw(jax.random.uniform, of_loss, self.logits.shape, index) < jax.nn.sigmoid(self.logits)
        return jnp.where(lost, 0.0, self.base.sample(of_count, index))

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """The log probability of each count, in nats."""
        kept = log_sigmoid(-self.logits) + self.base.log_density(x)
        return jnp.where(x == 0, jnp.logaddexp(log_sigmoid(self.logits), jnp.where(x == 0, kept, 0.0)), kept)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

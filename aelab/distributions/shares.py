"""Counts as a model sees them: divided by the largest that there may be, so that they lie in [0, 1]."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.masks import existing, sum_event
from aelab.distributions.negative_binomial import NegativeBinomial
from aelab.distributions.zero_inflated import ZeroInflated


class Shares(NamedTuple):
    """A distribution of counts k, `of`, as one of x = k / `most`; its probabilities are those of the counts."""

    of: NegativeBinomial | ZeroInflated
    most: Float[Array, ""]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return self.of.mean / self.most

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return self.of.mode / self.most

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """A count, divided; it may be larger than `most`. A row draws by its number in `index`."""
        return self.of.sample(key, index) / self.most

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """The log probability of the count nearest to each entry, in nats."""
        return self.of.log_density(jnp.rint(x * self.most))

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

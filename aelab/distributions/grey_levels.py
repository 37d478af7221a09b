"""Grey levels: every entry of an event is one of a few evenly spaced values from 0 to 1.

    log p(x) = Σ log softmax(logits) at the level of x

Grey values of 8 bits are 256 levels. It is the categorical distribution over the numbers of the levels.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.categorical import Categorical
from aelab.distributions.compiled import jit
from aelab.distributions.masks import existing, sum_event


class GreyLevels(NamedTuple):
    """Independent choices among evenly spaced levels from 0 to 1, given by their logits on the last axis, `choice`."""

    logits: Float[Array, "batch *event choice"]

    @property
    def levels(self) -> Float[Array, "choice"]:
        return jnp.linspace(0, 1, self.logits.shape[-1])

    @property
    def numbers(self) -> Categorical:
        """The distribution of the levels' numbers."""
        return Categorical(self.logits)

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return self.numbers.probabilities @ self.levels

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return self.levels[self.numbers.mode]

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """Levels with probability softmax(logits). A row draws by its number in `index`."""
        return self.levels[self.numbers.sample(key, index)]

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """The log probability of the level nearest to each entry of x, in nats; −∞ outside [0, 1]."""
        return self.numbers.log_density(x * (self.logits.shape[-1] - 1))

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

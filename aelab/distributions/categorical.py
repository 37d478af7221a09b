"""The categorical distribution: every entry of an event is one of a few evenly spaced levels.

    log p(x) = Σ log softmax(logits) at the level of x

Grey values of 8 bits are 256 levels, from 0 to 1.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event


class Categorical(NamedTuple):
    """Independent choices among evenly spaced levels from 0 to 1, given by their logits on the last axis, `choice`."""

    logits: Float[Array, "batch *event choice"]

    @property
    def levels(self) -> Float[Array, "choice"]:
        return jnp.linspace(0, 1, self.logits.shape[-1])

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return jax.nn.softmax(self.logits) @ self.levels

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return self.levels[self.logits.argmax(-1)]

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """Levels with probability softmax(logits), as the largest of logits + Gumbel noise (the Gumbel-max trick)."""
        gumbel = draw(jax.random.gumbel, key, self.logits.shape, index)
        return self.levels[(self.logits + gumbel).argmax(-1)]

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """The log probability of the level nearest to each entry of x, summed over the event, in nats."""
        choice = jnp.rint(existing(x, mask) * (self.logits.shape[-1] - 1)).astype(jnp.int32)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(self.logits), choice[..., None], -1)[..., 0]
        return sum_event(chosen, mask)

"""The categorical distribution: every entry of an event is one of K choices, which are numbered 0 to K − 1.

    log p(x) = Σ log softmax(logits) at choice x

The choices need not be in any order: words of a vocabulary, or entries of a codebook.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, Num

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event


class Categorical(NamedTuple):
    """Independent choices, given by their logits on the last axis, `choice`."""

    logits: Float[Array, "batch *event choice"]

    @property
    def probabilities(self) -> Float[Array, "batch *event choice"]:
        return jax.nn.softmax(self.logits)

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        """The mean of the choices' numbers, which says something only where the choices have an order."""
        return self.probabilities @ jnp.arange(self.logits.shape[-1], dtype=self.logits.dtype)

    @property
    def mode(self) -> Int[Array, "batch *event"]:
        return self.logits.argmax(-1)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Int[Array, "batch *event"]:
        """Choices with probability softmax(logits), as the largest of logits + Gumbel noise (the Gumbel-max trick)."""
        return (self.logits + draw(jax.random.gumbel, key, self.logits.shape, index)).argmax(-1)

    def log_density(self, x: Num[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """The log probability of each entry of x, in nats; −∞ for a number that is none of the choices."""
        choice = jnp.rint(x)
        known = (choice >= 0) & (choice < self.logits.shape[-1])
        place = jnp.where(known, choice, 0).astype(jnp.int32)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(self.logits), place[..., None], -1)[..., 0]
        return jnp.where(known, chosen, -jnp.inf)

    @jit
    def log_prob(self, x: Num[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

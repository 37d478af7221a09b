"""A choice out of K as a row of numbers, 1 at the one that is chosen and 0 at all others.

    log p(x) = Σ x log softmax(logits)

The last axis of an event is one such row. `Categorical` is the same choice written as its number.
"""

from typing import NamedTuple

import jax
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event


class OneHot(NamedTuple):
    """One choice along the last axis, given by the logits of all."""

    logits: Float[Array, "batch *axes choice"]

    @property
    def mean(self) -> Float[Array, "batch *axes choice"]:
        """The probability of each choice."""
        return jax.nn.softmax(self.logits)

    @property
    def mode(self) -> Float[Array, "batch *axes choice"]:
        return self._row(self.logits)

    def sample(
        self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None
    ) -> Float[Array, "batch *axes choice"]:
        """The largest of logits + Gumbel noise (the Gumbel-max trick). A row draws by its number in `index`."""
        return self._row(self.logits + draw(jax.random.gumbel, key, self.logits.shape, index))

    def log_density(self, x: Float[Array, "batch *axes choice"]) -> Float[Array, "batch *axes choice"]:
        """x log softmax(logits), entry by entry: the log probability at what is chosen, 0 elsewhere; nats."""
        return x * jax.nn.log_softmax(self.logits)

    @jit
    def log_prob(self, x: Float[Array, "batch *axes choice"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

    def _row(self, scores: Float[Array, "batch *axes choice"]) -> Float[Array, "batch *axes choice"]:
        return jax.nn.one_hot(scores.argmax(-1), scores.shape[-1], dtype=self.logits.dtype)

"""Independent choices among the entries of a book, and their smooth relaxation (Jang et al. 2016, arXiv:1611.01144)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Bool, Float, Int, Key

from aelab.distributions.draws import draw
from aelab.distributions.kl import choice_kl_terms
from aelab.distributions.masks import existing, sum_event
from aelab.distributions.quantised import UniformCodes


class RelaxedCodes(NamedTuple):
    """At each place, entry k with probability softmax(logits)_k."""

    logits: Float[Array, "batch *place choice"]
    exists: Bool[Array, "batch *place"]  # outside, the code is 0 and nothing counts
    mixed: Partial  # weights of the entries at each place -> code
    named: Partial  # code of entries -> their indices

    @property
    def indices(self) -> Int[Array, "batch *place level"]:
        """The likeliest of each place; there is one level."""
        return existing(self.logits.argmax(-1).astype(jnp.int32), self.exists)[..., None]

    @property
    def mode(self) -> Float[Array, "batch *grid channel"]:
        return self.chosen(self.logits)

    @property
    def mean(self) -> Float[Array, "batch *grid channel"]:
        return self.mixed(existing(jax.nn.softmax(self.logits), self.exists))

    def chosen(self, scores: Float[Array, "batch *place choice"]) -> Float[Array, "batch *grid channel"]:
        """The code of the entry of the largest score at each place."""
        return self.mixed(existing(jax.nn.one_hot(scores.argmax(-1), scores.shape[-1]), self.exists))

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *grid code"]:
        """A code of entries: the largest of logits + Gumbel noise g (eq. 1). A row draws by its number in `index`."""
        return self.chosen(self.logits + draw(jax.random.gumbel, key, self.logits.shape, index))

    def relaxed(self, key: Key[Array, ""], index: Int[Array, "batch"] | None, temperature: Float[Array, ""] | float):
        """The entries mixed by softmax((logits + g) / temperature) (eq. 2): `sample` where that goes to 0."""
        scores = self.logits + draw(jax.random.gumbel, key, self.logits.shape, index)
        return self.mixed(existing(jax.nn.softmax(scores / temperature), self.exists))

    def log_prob(self, z: Float[Array, "batch *grid channel"], mask=None) -> Float[Array, "batch"]:
        """The log probability of a code of entries, in nats."""
        del mask  # a code exists as a whole
        chosen = jnp.take_along_axis(jax.nn.log_softmax(self.logits), self.named(z), -1)[..., 0]
        return sum_event(existing(chosen, self.exists))

    def divergence(self, p: Any, z: Float[Array, "batch *grid channel"]) -> Float[Array, "batch"]:
        """KL(self‖p) in nats, in closed form where all codes are alike to p, else its estimate from one draw z."""
        if not isinstance(p, UniformCodes):
            return self.log_prob(z) - p.log_mass(self.named(z), self.exists)
        terms = choice_kl_terms(jax.nn.log_softmax(self.logits), -jnp.log(p.choices))
        return sum_event(existing(terms, self.exists))

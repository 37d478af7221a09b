"""Codes out of a finite set whose indices depend on each other: each is drawn given those before it.

    log p(i) = Σ_t log p(i_t | i_1, …, i_{t−1})

The order is that of the places, row by row, and at a place that of its levels (van den Oord et al. 2017,
arXiv:1711.00937, section 3.3).
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Bool, Float, Int, Key

from aelab.distributions.draws import draw
from aelab.distributions.masks import sum_event


class Autoregressive(NamedTuple):
    """One distribution over the indices of a code, or with `beside` one for each row of it.

    `net(tokens, beside)` gives logits `[row, token, choice]`, each token's from those before it. To draw, its method
    `begin(rows)` gives what it keeps, and `step(kept, place, last, beside)` the logits of the next token. Neither its
    mean nor its mode is known.
    """

    choices: Int[Array, "*rows_and_places level"]  # how many entries there are to choose from
    net: Partial
    look_up: Partial  # indices -> code
    beside: Float[Array, "row side"] | None = None  # what all tokens of a row are told

    @property
    def told(self) -> tuple[Array, ...]:
        """What the net is given behind its tokens."""
        return () if self.beside is None else (self.beside,)

    def log_mass(self, indices: Int[Array, "batch *place level"], exists: Bool[Array, "batch *place"] | None = None):
        """The log probability of indices, in nats, over the places that exist, which come before those that do not."""
        tokens = indices.reshape(len(indices), -1)
        logits = self.net(tokens, *self.told)
        own = jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[..., None], -1).reshape(indices.shape)
        return sum_event(own, exists)

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *grid code"]:
        """A code whose indices are drawn, one after the other. A row draws by its number in `index`.

        At each place it is the index of the largest logit plus Gumbel noise.
        """
        rows, *shape = self.choices.shape

        def turn(so_far, place):
            kept, last = so_far
            logits, kept = self.net(kept, place, last, *self.told, method="step")
            noise = draw(jax.random.gumbel, jax.random.fold_in(key, place), logits.shape, index)
            own = jnp.argmax(logits + noise, -1).astype(jnp.int32)
            return (kept, own), own

        first = (self.net(rows, method="begin"), jnp.zeros(rows, jnp.int32))
        _, found = jax.lax.scan(turn, first, jnp.arange(math.prod(shape)))
        return self.look_up(found.T.reshape(self.choices.shape))

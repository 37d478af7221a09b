"""Codes out of a finite set: at each place of a code stands an entry of a book, named by its index.

q(z|x) is certain of its indices. Its rate is therefore −log p(indices), and under a prior to which all codes are alike
places × levels × log K nats (van den Oord et al. 2017, arXiv:1711.00937, section 3.1).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Bool, Float, Int, Key

from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event


class Quantised(NamedTuple):
    """All mass on `value`: at each place, the sum of the entries that its indices name, one for each level.

    The gradient of `value` is that of what was quantised, as if nothing had been (straight through, eq. 3).
    """

    value: Float[Array, "batch *grid channel"]
    indices: Int[Array, "batch *place level"]
    before: Float[Array, "batch *place level code"]  # what each level quantised
    entry: Float[Array, "batch *place level code"]  # what it found for it in its book
    exists: Bool[Array, "batch *place"]  # outside, the value is 0 and nothing counts

    @property
    def mean(self) -> Float[Array, "batch *grid channel"]:
        return self.value

    @property
    def mode(self) -> Float[Array, "batch *grid channel"]:
        return self.value

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *grid code"]:
        """The value itself, whatever the key and the index."""
        return self.value

    def log_prob(self, z: Float[Array, "batch *grid channel"], mask=None) -> Float[Array, "batch"]:
        """The log probability of z, in nats: 0 of the value, −∞ of any other code."""
        del mask  # a code exists as a whole
        same = (z == self.value).reshape(z.shape[0], -1).all(1)
        return jnp.where(same, 0.0, -jnp.inf)

    def divergence(self, p: Any, z: Float[Array, "batch *grid channel"]) -> Float[Array, "batch"]:
        """KL(self‖p) = −log p(indices), in nats, over the places that exist."""
        return -p.log_mass(self.indices, self.exists)


class UniformCodes(NamedTuple):
    """Every index alike, at every place and level, on its own."""

    choices: Int[Array, "*place level"]  # how many entries there are to choose from
    look_up: Partial  # indices -> code

    @property
    def mode(self) -> Float[Array, "batch *grid channel"]:
        """The code of index 0; all are as likely."""
        return self.look_up(jnp.zeros_like(self.choices))

    mean = mode

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *grid code"]:
        """A code whose indices are drawn. A row draws by its number in `index`."""
        chance = draw(jax.random.uniform, key, self.choices.shape, index)
        return self.look_up(jnp.int32(chance * self.choices))

    def log_mass(self, indices: Int[Array, "batch *place level"], exists: Bool[Array, "batch *place"] | None = None):
        """The log probability of indices, in nats, over the places that exist: −Σ log K."""
        return -sum_event(jnp.broadcast_to(jnp.log(self.choices), indices.shape), exists)

    def log_prob(self, z: Float[Array, "batch *grid channel"], mask=None) -> Float[Array, "batch"]:
        """−Σ log K of a whole code, in nats; z must be one."""
        del mask  # a code exists as a whole
        return jnp.full(z.shape[0], -jnp.log(self.choices).sum())


def through(smooth: Float[Array, "*shape"], hard: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """`hard`, with the gradient that `smooth` has (straight through: Bengio et al. 2013, arXiv:1308.3432)."""
    return smooth + jax.lax.stop_gradient(hard - smooth)


def squared(a: Float[Array, "batch *place level code"], b: Any, exists: Bool[Array, "batch *place"]):
    """½‖a − b‖² of each example over the places that exist: −log of a normal density with σ 1, less its constant."""
    return 0.5 * sum_event(existing(jnp.square(a - b), exists))

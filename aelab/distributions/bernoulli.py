"""The Bernoulli distribution: every entry of an event is a coin of its own.

    log p(x) = Σ x log p + (1 − x) log(1 − p)    with p = sigmoid(logits)

Minus this is the binary cross-entropy, in nats. It is computed from the logits, so no probability rounds to 0 or 1.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event

GROUP = 16  # entries of an event that share a logarithm; their product is at most 2 to the 16th


@jax.custom_jvp
def bernoulli_log_prob(logits: Float[Array, "*shape"], x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """x log p + (1 − x) log(1 − p) for p = sigmoid(logits), entry by entry, in nats; x may be any number in [0, 1].

    Computed as x logits − max(logits, 0) − log(1 + exp(−|logits|)), which is finite for every finite logit. An infinite
    one is a sure coin: 0 for the side it falls on, and minus the largest number there is, times how far x is from that
    side, for any other. The derivative in the logits is given as x − p: one sigmoid, where differentiating the formula
    would take several steps.
    """
    logits = finite(logits)
    return x * logits - jnp.maximum(logits, 0) - jnp.log1p(jnp.exp(-jnp.abs(logits)))


@bernoulli_log_prob.defjvp
def _(primals, tangents):
    return bernoulli_log_prob(*primals), _changes(*primals, *tangents)


def _changes(logits, x, logits_dot, x_dot):
    """By how much each entry changes with its logit and with x."""
    return (x - jax.nn.sigmoid(logits)) * logits_dot + finite(logits) * x_dot


@jax.custom_jvp
def bernoulli_log_prob_of_event(
    logits: Float[Array, "batch entry"], x: Float[Array, "batch entry"]
) -> Float[Array, "batch"]:
    """The sum of `bernoulli_log_prob` over the entries, with one logarithm for each 16 of them.

    Σ log(1 + eᵢ) = log Π(1 + eᵢ), and a logarithm takes longer than all else that is done to an entry. The product is
    kept less 1, so that small eᵢ lose nothing. The derivatives are those of the entries.
    """
    logits = finite(logits)
    lines = _in_groups(x * logits - jnp.maximum(logits, 0)).sum(1)
    return sum_event(lines - jnp.log1p(_product_less_one(_in_groups(jnp.exp(-jnp.abs(logits))))))


@bernoulli_log_prob_of_event.defjvp
def _(primals, tangents):
    return bernoulli_log_prob_of_event(*primals), _changes(*primals, *tangents).sum(1)


def _in_groups(values: Float[Array, "batch entry"]) -> Float[Array, "batch member group"]:
    """The entries in groups of 16, filled up with 0; neighbours are in different groups, so vectors go through."""
    filled = jnp.pad(values, ((0, 0), (0, -values.shape[1] % GROUP)))
    return filled.reshape(len(values), GROUP, filled.shape[1] // GROUP)


def _product_less_one(e: Float[Array, "batch member group"]) -> Float[Array, "batch group"]:
    """Π(1 + e) − 1 over the members, in pairs: (1 + a)(1 + b) − 1 = a + b + ab."""
    while e.shape[1] > 1:
        a, b = jnp.split(e, 2, axis=1)
        e = a + (b + a * b)
    return e[:, 0]


def finite(logits: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The nearest finite numbers: infinity times 0, and infinity less itself, would be NaN. NaN stays."""
    most = jnp.finfo(logits.dtype).max
    return jnp.clip(logits, -most, most)


class Bernoulli(NamedTuple):
    """Independent coins, given by their log odds, log p − log(1 − p); 1 is heads."""

    logits: Float[Array, "batch *event"]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return jax.nn.sigmoid(self.logits)

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return (self.logits > 0).astype(self.logits.dtype)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """Zeros and ones: 1 with probability sigmoid(logits). A row draws by its number in `index`."""
        uniform = draw(jax.random.uniform, key, self.logits.shape, index)
        return (uniform < self.mean).astype(self.logits.dtype)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """Minus the binary cross-entropy of each entry, in nats; x may be any number in [0, 1]."""
        return bernoulli_log_prob(self.logits, x)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        flat = len(self.logits), math.prod(self.logits.shape[1:])
        tails = existing(self.logits, mask, -jnp.inf)  # of entries that do not exist: sure, and x is 0 there
        return bernoulli_log_prob_of_event(tails.reshape(flat), existing(x, mask).reshape(flat))

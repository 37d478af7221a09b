"""Mixtures: one of several distributions, chosen by chance.

    p(x) = Σ_k w_k p_k(x)

A `Mixture` chooses once for a whole event, as a prior of several clusters does. An `EntryMixture` chooses anew for
every entry, as a likelihood of several peaks does. The weights are softmax(logits), so logits may be any numbers.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import row_keys
from aelab.distributions.masks import existing, sum_event
from aelab.distributions.protocol import Distribution


class Mixture(NamedTuple):
    """One component makes the whole event. Without a batch, all examples share the mixture.

    Every array of `components` has the components as an axis: behind the batch, or first where there is no batch.
    """

    logits: Float[Array, "*batch component"]
    components: Distribution  # arrays [*batch, component, *event]

    @property
    def axis(self) -> int:
        """Where the components are."""
        return self.logits.ndim - 1

    @property
    def mean(self) -> Float[Array, "*shape"]:
        return _weighted(jax.nn.softmax(self.logits), self.components.mean, self.axis)

    @property
    def mode(self) -> Float[Array, "*shape"]:
        """The mode of the heaviest component, which is that of the mixture where components lie far apart."""
        return _chosen(self.components, self.logits.argmax(-1), self.axis).mode

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """A component by its weight, then a draw from it. A row draws by its number in `index`."""
        of_component, within = jax.random.split(key)
        index = jnp.arange(len(self.logits) if self.axis else 1) if index is None else index
        logits = jnp.broadcast_to(self.logits, (len(index), self.logits.shape[-1]))
        chosen = jax.vmap(jax.random.categorical)(row_keys(of_component, index), logits)
        return _chosen(self.components, chosen, self.axis).sample(within, index)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """log Σ_k w_k p_k(x) of each example, in nats; each p_k is summed over the entries inside `mask` first."""
        each = jax.vmap(lambda one: one.log_prob(x, mask), self.axis, -1)(self.components)
        return logsumexp(jax.nn.log_softmax(self.logits) + each, axis=-1)


class EntryMixture(NamedTuple):
    """Every entry is made by a component of its own choice."""

    logits: Float[Array, "batch component *event"]
    components: Distribution  # arrays [batch, component, *event]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return (jax.nn.softmax(self.logits, 1) * self.components.mean).sum(1)

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        """The mode of the heaviest component of each entry."""
        return _taken(self.components.mode, self.logits)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """A component of each entry by its weight, and a draw from it. A row draws by its number in `index`."""
        of_component, within = jax.random.split(key)
        index = jnp.arange(len(self.logits)) if index is None else index
        gumbel = jax.vmap(lambda row: jax.random.gumbel(row, self.logits.shape[1:]))(row_keys(of_component, index))
        return _taken(self.components.sample(within, index), self.logits + gumbel)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """log Σ_k w_k p_k(x) of each entry, in nats."""
        each = jax.vmap(lambda one: one.log_density(x), 1, 1)(self.components)
        return logsumexp(jax.nn.log_softmax(self.logits, 1) + each, axis=1)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)


def _weighted(weights: Float[Array, "*batch component"], values: Float[Array, "..."], axis: int):
    return (weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim)) * values).sum(axis)


def _chosen(components: Distribution, which: Int[Array, "*batch"], axis: int) -> Distribution:
    """The component of each row; of a mixture without a batch, each row's own choice among the same components."""
    rows = (jnp.arange(len(which)), which) if axis else which
    return jax.tree.map(lambda leaf: leaf[rows], components)


def _taken(values: Float[Array, "batch component *event"], heights: Float[Array, "batch component *event"]):
    """The value of the component that is highest at each entry."""
    return jnp.take_along_axis(values, heights.argmax(1)[:, None], 1)[:, 0]

"""Distributions over batches of events, as records of arrays with pure functions; probabilities in nats.

The first axis is the batch, all others are the event: `log_prob` and `kl` give one number per example, never reduced
further. A distribution without a batch axis (a prior) broadcasts against one. Every function takes its key explicitly.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, Float, Int, Key, Shaped

LOG_2PI = math.log(2 * math.pi)
jit = partial(jax.jit, inline=True)  # compiled at the public door, dissolved inside a larger program


def existing(values: Float[Array, "batch *event"], mask: Shaped[Array, "batch *axes"] | None):
    """`values` with 0 outside `mask`, whose axes are the leading ones of `values`."""
    if mask is None:
        return values
    return jnp.where(mask.reshape(mask.shape + (1,) * (values.ndim - mask.ndim)), values, 0)


def sum_event(values: Float[Array, "batch *event"], mask: Shaped[Array, "batch *axes"] | None = None):
    """Sum over all axes but the batch, entries outside `mask` left out.

    As a product with ones: on a CPU, XLA makes the terms of a sum one by one, logarithms and all, but those of a
    product in whole vectors, which is 13 % of a step of a small net.
    """
    flat = existing(values, mask).reshape(len(values), math.prod(values.shape[1:]))
    flat, ones = jax.lax.optimization_barrier((flat, jnp.ones(flat.shape[1], flat.dtype)))  # or it sees a sum again
    return jnp.dot(flat, ones, precision="highest")


def aligned(leaf: Float[Array, "..."], rank: int) -> Float[Array, "..."]:
    """`leaf` with axes of length 1 put in front: how a distribution without a batch axis meets a batch."""
    return jnp.expand_dims(leaf, tuple(range(rank - leaf.ndim)))


def row_keys(key: Key[Array, ""], index: Int[Array, "batch"]) -> Key[Array, "batch"]:
    """One key a row, a function of (key, index) alone: the same draws on any number of devices."""
    return jax.vmap(jax.random.fold_in, (None, 0))(key, index)


def draw(sampler: Callable, key: Key[Array, ""], shape: tuple[int, ...], index: Int[Array, "batch"] | None):
    """`sampler(key, shape)` drawn row by row, row i from `index[i]` (its own number where no index is given)."""
    index = jnp.arange(shape[0]) if index is None else index
    return jax.vmap(lambda row: sampler(row, shape[1:]))(row_keys(key, index))


class Normal(NamedTuple):
    """Diagonal normal, by its mean and log variance log σ²; one number may serve as the log variance of all entries."""

    mean: Float[Array, "*batch event"]
    log_variance: Float[Array, "..."]

    @property
    def stddev(self) -> Float[Array, "..."]:
        return jnp.exp(0.5 * self.log_variance)

    @property
    def mode(self) -> Float[Array, "*batch event"]:
        return self.mean

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """z = μ + σ ⊙ ε with ε from the key: differentiable in μ and σ (Kingma and Welling 2014, eq. 4)."""
        shape = jnp.broadcast_shapes(self.mean.shape, jnp.shape(self.log_variance))
        return self.mean + self.stddev * draw(jax.random.normal, key, shape, index)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """log N(x; μ, σ²) per example, in nats."""
        x = existing(x, mask)  # even a NaN that pads x has no gradient
        mean, log_variance = (aligned(leaf, x.ndim) for leaf in self)
        squared = jnp.square(x - mean) * jnp.exp(-log_variance)
        return sum_event(-0.5 * (squared + log_variance + LOG_2PI), mask)


@jax.custom_jvp
def bernoulli_log_prob(logits: Float[Array, "*shape"], x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """x log p + (1 − x) log(1 − p) for p = sigmoid(logits), entry by entry, in nats; x may be any number in [0, 1].

    Finite for any finite logit, without a sigmoid or a logarithm of it. Its derivative in the logits is x − p.
    """
    return x * logits - jnp.maximum(logits, 0) - jnp.log1p(jnp.exp(-jnp.abs(logits)))


@bernoulli_log_prob.defjvp
def _(primals, tangents):
    (logits, x), (logits_dot, x_dot) = primals, tangents
    return bernoulli_log_prob(logits, x), (x - jax.nn.sigmoid(logits)) * logits_dot + logits * x_dot


class Bernoulli(NamedTuple):
    """Independent coins, by the log odds of heads."""

    logits: Float[Array, "batch *event"]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return jax.nn.sigmoid(self.logits)

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return (self.logits > 0).astype(self.logits.dtype)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """Zeros and ones, 1 with probability sigmoid(logits)."""
        uniform = draw(jax.random.uniform, key, self.logits.shape, index)
        return (uniform < self.mean).astype(self.logits.dtype)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """Minus the binary cross-entropy summed over the event; targets in [0, 1] may be soft."""
        return sum_event(bernoulli_log_prob(self.logits, existing(x, mask)), mask)


class Categorical(NamedTuple):
    """Independent choices among `choice` evenly spaced levels of [0, 1], by unnormalised log probabilities."""

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
        """Levels drawn with probability softmax(logits), by the Gumbel-max trick."""
        gumbel = draw(jax.random.gumbel, key, self.logits.shape, index)
        return self.levels[(self.logits + gumbel).argmax(-1)]

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """log probability of the level nearest to each entry of x, summed over the event, in nats."""
        choice = jnp.rint(existing(x, mask) * (self.logits.shape[-1] - 1)).astype(jnp.int32)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(self.logits), choice[..., None], -1)[..., 0]
        return sum_event(chosen, mask)


class Point(NamedTuple):
    """All mass on one value: the code of a plain autoencoder. It has no density, so no `log_prob` and no `kl`."""

    value: Float[Array, "batch *event"]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return self.value

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return self.value

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """The value itself, whatever the key."""
        return self.value


class Distribution(Protocol):
    """What objectives rely on; `Point` alone has no `log_prob`."""

    @property
    def mean(self) -> Array: ...

    @property
    def mode(self) -> Array: ...

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Array: ...

    def log_prob(self, x: Array, mask: Array | None = None) -> Float[Array, "batch"]: ...


@partial(jit, static_argnames="axis")
def discrete_kl(q: Float[Array, "*batch choice"], p: Float[Array, "*batch choice"], axis: int = -1):
    """Σ Q log(Q / P) over `axis`, in nats: 0·log 0 = 0, and infinite where Q > 0 and P = 0."""
    return (xlogy(q, q) - xlogy(q, p)).sum(axis)


def normal_kl_terms(q: Normal, p: Normal) -> Float[Array, "batch *event"]:
    """KL(q‖p) of each entry: ½ (σq²/σp² + (μq − μp)²/σp² − 1 − log σq²/σp²), in nats."""
    log_ratio = q.log_variance - p.log_variance
    shift = jnp.square(q.mean - p.mean) * jnp.exp(-p.log_variance)
    return 0.5 * (jnp.expm1(log_ratio) - log_ratio + shift)  # expm1: never below 0 by rounding


def _kl_bernoulli(q: Bernoulli, p: Bernoulli) -> Float[Array, "batch *event"]:
    return bernoulli_log_prob(q.logits, q.mean) - bernoulli_log_prob(p.logits, q.mean)


def _kl_categorical(q: Categorical, p: Categorical) -> Float[Array, "batch *event"]:
    log_q, log_p = jax.nn.log_softmax(q.logits), jax.nn.log_softmax(p.logits)  # no probability underflows to 0
    return jnp.where(jnp.isneginf(log_q), 0, jnp.exp(log_q) * (log_q - log_p)).sum(-1)


_CLOSED_FORMS: dict[tuple[type, type], Callable] = {
    (Normal, Normal): normal_kl_terms,
    (Bernoulli, Bernoulli): _kl_bernoulli,
    (Categorical, Categorical): _kl_categorical,
}


@jit
def kl(q: Distribution, p: Distribution) -> Float[Array, "batch"]:
    """Kullback–Leibler divergence KL(q‖p) per example, in nats, by its closed form.

    Between normals ½ Σ(σq²/σp² + (μq − μp)²/σp² − 1 − log σq²/σp²); against the standard normal that is
    ½ Σ(exp(log σ²) + μ² − 1 − log σ²) (Kingma and Welling 2014, appendix B).

    Raises:
        TypeError: no closed form is known for the pair.
    """
    try:
        terms = _CLOSED_FORMS[type(q), type(p)]
    except KeyError:
        raise TypeError(f"no closed form of KL({type(q).__name__}, {type(p).__name__})") from None
    rank = max(leaf.ndim for leaf in jax.tree.leaves((q, p)))
    return sum_event(terms(*jax.tree.map(lambda leaf: aligned(leaf, rank), (q, p))))


def has_closed_form(q: Distribution, p: Distribution) -> bool:
    """Whether `kl(q, p)` is known in closed form."""
    return (type(q), type(p)) in _CLOSED_FORMS

"""Kullback–Leibler divergences between two distributions of one family, by their closed forms, in nats.

    KL(q‖p) = E_q[log q(z) − log p(z)]

It is never negative, and 0 only where both are the same.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions.bernoulli import Bernoulli
from aelab.distributions.categorical import Categorical
from aelab.distributions.compiled import jit
from aelab.distributions.grey_levels import GreyLevels
from aelab.distributions.masks import aligned, sum_event
from aelab.distributions.normal import Normal, squared_over_variance
from aelab.distributions.protocol import Distribution


def normal_kl_terms(q: Normal, p: Normal) -> Float[Array, "batch *event"]:
    """KL(q‖p) of each entry, not yet summed: ½ (σq²/σp² + (μq − μp)²/σp² − 1 − log σq²/σp²), in nats."""
    log_ratio = q.log_variance - p.log_variance
    shift = squared_over_variance(q.mean - p.mean, p.log_variance)
    return 0.5 * (jnp.expm1(log_ratio) - log_ratio + shift)  # expm1: never below 0 by rounding


def _kl_bernoulli(q: Bernoulli, p: Bernoulli) -> Float[Array, "batch *event"]:
    heads, tails = ((jax.nn.log_sigmoid(sign * q.logits), jax.nn.log_sigmoid(sign * p.logits)) for sign in (1, -1))
    return choice_kl_terms(*heads) + choice_kl_terms(*tails)


def _kl_categorical(q: Categorical | GreyLevels, p: Categorical | GreyLevels) -> Float[Array, "batch *event"]:
    return choice_kl_terms(jax.nn.log_softmax(q.logits), jax.nn.log_softmax(p.logits)).sum(-1)


def choice_kl_terms(log_q: Float[Array, "*shape"], log_p: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """What each choice adds to KL(q‖p), of log probabilities, in nats: q log(q/p) − q + p, which is never below 0.

    Over all choices −q + p adds up to 0. With d = log p − log q it is q (exp(d) − 1 − d). A choice with q = 0 adds p,
    and one with p = 0 < q adds infinity. Neither has a gradient in what is −∞, so no gradient is NaN.
    """
    no_q, no_p = jnp.isneginf(log_q), jnp.isneginf(log_p)
    log_q, log_p = jnp.where(no_q, 0.0, log_q), jnp.where(no_p, 0.0, log_p)
    q, p, d = jnp.exp(log_q), jnp.exp(log_p), log_p - log_q
    large = d > 1  # where exp(d) may overflow
    small = jnp.where(large, 0.0, d)
    terms = jnp.where(large, p - q - q * d, q * (jnp.expm1(small) - small))
    return jnp.where(no_p, jnp.where(no_q, 0.0, jnp.inf), jnp.where(no_q, p, terms))


@partial(jit, static_argnames="axis")
def discrete_kl(q: Float[Array, "*batch choice"], p: Float[Array, "*batch choice"], axis: int = -1):
    """Σ Q log(Q / P) of probabilities over `axis`, in nats; 0·log 0 is 0, and Q > 0 where P = 0 gives infinity.

    A probability of 0 has no gradient, so that one that underflowed does no harm.
    """
    return choice_kl_terms(_log(q), _log(p)).sum(axis)


def _log(p: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The logarithm, −∞ at 0 without a gradient."""
    return jnp.where(p > 0, jnp.log(jnp.where(p > 0, p, 1.0)), -jnp.inf)


_CLOSED_FORMS: dict[tuple[type, type], Callable] = {
    (Normal, Normal): normal_kl_terms,
    (Bernoulli, Bernoulli): _kl_bernoulli,
    (Categorical, Categorical): _kl_categorical,
    (GreyLevels, GreyLevels): _kl_categorical,
}


@jit
def kl(q: Distribution, p: Distribution) -> Float[Array, "batch"]:
    """The Kullback–Leibler divergence KL(q‖p) of each example, summed over the event, in nats.

    Between two diagonal normals it is ½ Σ (σq²/σp² + (μq − μp)²/σp² − 1 − log σq²/σp²). Against the standard normal
    that is ½ Σ (exp(log σ²) + μ² − 1 − log σ²) (Kingma and Welling 2014, arXiv:1312.6114, appendix B).

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
    """Whether `kl(q, p)` knows a closed form; if not, an objective takes log q(z) − log p(z) at a draw z from q."""
    return (type(q), type(p)) in _CLOSED_FORMS

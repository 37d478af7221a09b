"""Kullback–Leibler divergences between two distributions of one family, by their closed forms, in nats.

    KL(q‖p) = E_q[log q(z) − log p(z)]

It is never negative, and 0 only where both are the same.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, Float

from aelab.distributions.bernoulli import Bernoulli, bernoulli_log_prob
from aelab.distributions.categorical import Categorical
from aelab.distributions.compiled import jit
from aelab.distributions.masks import aligned, sum_event
from aelab.distributions.normal import Normal
from aelab.distributions.protocol import Distribution


def normal_kl_terms(q: Normal, p: Normal) -> Float[Array, "batch *event"]:
    """KL(q‖p) of each entry, not yet summed: ½ (σq²/σp² + (μq − μp)²/σp² − 1 − log σq²/σp²), in nats."""
    log_ratio = q.log_variance - p.log_variance
    shift = jnp.square(q.mean - p.mean) * jnp.exp(-p.log_variance)
    return 0.5 * (jnp.expm1(log_ratio) - log_ratio + shift)  # expm1: never below 0 by rounding


def _kl_bernoulli(q: Bernoulli, p: Bernoulli) -> Float[Array, "batch *event"]:
    return bernoulli_log_prob(q.logits, q.mean) - bernoulli_log_prob(p.logits, q.mean)


def _kl_categorical(q: Categorical, p: Categorical) -> Float[Array, "batch *event"]:
    log_q, log_p = jax.nn.log_softmax(q.logits), jax.nn.log_softmax(p.logits)  # no probability underflows to 0
    return jnp.where(jnp.isneginf(log_q), 0, jnp.exp(log_q) * (log_q - log_p)).sum(-1)


@partial(jit, static_argnames="axis")
def discrete_kl(q: Float[Array, "*batch choice"], p: Float[Array, "*batch choice"], axis: int = -1):
    """Σ Q log(Q / P) of probabilities over `axis`, in nats; 0·log 0 is 0, and Q > 0 where P = 0 gives infinity."""
    return (xlogy(q, q) - xlogy(q, p)).sum(axis)


_CLOSED_FORMS: dict[tuple[type, type], Callable] = {
    (Normal, Normal): normal_kl_terms,
    (Bernoulli, Bernoulli): _kl_bernoulli,
    (Categorical, Categorical): _kl_categorical,
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

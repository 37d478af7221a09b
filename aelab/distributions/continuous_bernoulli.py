"""The continuous Bernoulli: a density over [0, 1] with the formula of a coin (Loaiza-Ganem and Cunningham 2019).

    p(x) = C(λ) λˣ (1 − λ)¹⁻ˣ    with λ = sigmoid(logits) and C(λ) = 2 artanh(1 − 2λ) / (1 − 2λ), C(½) = 2

arXiv:1907.06845, eq. 5 and 6. Without C the formula does not integrate to 1 over grey values, so the cross-entropy of
grey pixels is no likelihood; with it, it is one. In the logits a it reads p(x) = exp(ax) a / (exp(a) − 1).
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.bernoulli import bernoulli_log_prob
from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event

NEAR = 0.25  # logits this close to 0 take the series, because the formula is 0/0 at 0


def log_normaliser(logits: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """log C = log(a / tanh(a/2)) of each entry; log 2 + a²/12 − 7a⁴/1440 near 0, which is right to 2e-7 there."""
    near = jnp.abs(logits) < NEAR
    far = jnp.where(near, 1.0, jnp.abs(logits))  # a number whose gradient is finite where it is not used
    square = jnp.square(logits)
    return jnp.where(
        near, math.log(2) + square / 12 - 7 * jnp.square(square) / 1440, jnp.log(far / jnp.tanh(0.5 * far))
    )


class ContinuousBernoulli(NamedTuple):
    """Independent entries in [0, 1], given by the log odds of λ."""

    logits: Float[Array, "batch *event"]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        """1 / (1 − exp(−a)) − 1/a (eq. 8), ½ + a/12 − a³/720 near 0: less extreme than λ."""
        near = jnp.abs(self.logits) < NEAR
        far = jnp.where(near, 1.0, self.logits)
        exact = -1 / jnp.expm1(-jnp.clip(far, -80.0, 80.0)) - 1 / far
        return jnp.where(near, 0.5 + self.logits / 12 - self.logits**3 / 720, exact)

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        """The end of [0, 1] that is likelier; at λ = ½ all values are as likely."""
        return (self.logits > 0).astype(self.logits.dtype)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """The inverse distribution function log(1 + u (exp(a) − 1)) / a at a uniform u (appendix A), for −|a|.

        With a positive a the draw is mirrored, so nothing overflows.
        """
        uniform = draw(jax.random.uniform, key, self.logits.shape, index)
        slope = -jnp.abs(self.logits)
        near = slope > -1e-3
        far = jnp.where(near, -1.0, slope)
        low = jnp.where(near, uniform, jnp.log1p(uniform * jnp.expm1(far)) / far)
        return jnp.where(self.logits > 0, 1 - low, low)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """log C + x log λ + (1 − x) log(1 − λ) of each entry, in nats; x in [0, 1]."""
        return bernoulli_log_prob(self.logits, x) + log_normaliser(self.logits)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

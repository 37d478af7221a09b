"""Distributions of directions: codes on the unit sphere, where no direction is the middle.

    von Mises–Fisher:  q(z) = C_m(κ) exp(κ μᵀz),  C_m(κ) = κ^(m/2−1) / ((2π)^(m/2) I_{m/2−1}(κ)),  |z| = 1

Davidson et al. 2018, hyperspherical VAE, arXiv:1804.00891, eq. 3 and 4. Densities are per area of the sphere, which has
2 π^(m/2) / Γ(m/2) in m dimensions. The uniform distribution on it is the prior.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.bessel import log_bessel
from aelab.distributions.draws import draw, row_keys

CELLS = 1024  # of the table of cosines that draws go by


def log_area(dims: int) -> float:
    """The logarithm of the area of the unit sphere in so many dimensions."""
    return math.log(2) + 0.5 * dims * math.log(math.pi) - math.lgamma(0.5 * dims)


class UniformSphere(NamedTuple):
    """Every direction alike; its mean is 0, and any direction is a mode."""

    centre: Float[Array, "*batch code"]  # zeros

    @property
    def mean(self) -> Float[Array, "*batch code"]:
        return self.centre

    @property
    def mode(self) -> Float[Array, "*batch code"]:
        return self.centre.at[..., 0].set(1)

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch code"]:
        """A draw of N(0, I), scaled to length 1. A row draws by its number in `index`."""
        return unit(draw(jax.random.normal, key, self.centre.shape, index))

    def log_prob(self, z: Float[Array, "batch code"], mask=None) -> Float[Array, "batch"]:
        """−log of the area of the sphere, in nats."""
        del mask  # a direction exists as a whole
        return jnp.full(z.shape[0], -log_area(z.shape[-1]), z.dtype)


class VonMisesFisher(NamedTuple):
    """Directions around μ, the more closely the larger κ is; at κ → 0 uniform. The code has at least two numbers."""

    direction: Float[Array, "*batch code"]  # μ, of length 1
    concentration: Float[Array, "*batch"]  # κ > 0

    @property
    def mode(self) -> Float[Array, "*batch code"]:
        return self.direction

    @property
    def mean(self) -> Float[Array, "*batch code"]:
        """A μ with A = I_{m/2}(κ) / I_{m/2−1}(κ), inside the sphere."""
        return self.resultant[..., None] * self.direction

    @property
    def resultant(self) -> Float[Array, "*batch"]:
        """A, the mean of μᵀz: 0 where all directions are alike, 1 where all draws are μ."""
        order, kappa = 0.5 * self.direction.shape[-1], self.concentration
        return jnp.exp(log_bessel(order, kappa) - log_bessel(order - 1, kappa))

    @property
    def log_normaliser(self) -> Float[Array, "*batch"]:
        """log C_m(κ)."""
        dims, kappa = self.direction.shape[-1], self.concentration
        order = 0.5 * dims - 1
        return order * jnp.log(kappa) - 0.5 * dims * math.log(2 * math.pi) - log_bessel(order, kappa)

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch code"]:
        """w μ + √(1 − w²) v: a cosine w, and a direction v across μ (Davidson et al., algorithm 1).

        The cosine is an inverse distribution function at a uniform number, so it has a derivative in κ.
        """
        of_cosine, of_direction = jax.random.split(key)
        rows, dims = self.direction.shape
        index = jnp.arange(rows) if index is None else index
        uniform = jax.vmap(jax.random.uniform)(row_keys(of_cosine, index))
        w = jax.vmap(cosine, (0, 0, None))(uniform, self.concentration, dims)[:, None]
        noise = draw(jax.random.normal, of_direction, self.direction.shape, index)
        across = unit(noise - (noise * self.direction).sum(-1, keepdims=True) * self.direction)
        return unit(w * self.direction + jnp.sqrt(jnp.maximum(1 - jnp.square(w), 1e-12)) * across)

    def log_prob(self, z: Float[Array, "batch code"], mask=None) -> Float[Array, "batch"]:
        """log C_m(κ) + κ μᵀz of each example, in nats per area of the sphere."""
        del mask  # a direction exists as a whole
        return self.log_normaliser + self.concentration * (self.direction * z).sum(-1)

    def divergence(self, p: Any, z: Float[Array, "batch code"]) -> Float[Array, "batch"]:
        """KL(self‖p), in closed form where p is uniform (eq. 14), else its estimate from one draw z; nats.

        κ A + log C_m(κ) + log area
        """
        if not isinstance(p, UniformSphere):
            return self.log_prob(z) - p.log_prob(z)
        return self.concentration * self.resultant + self.log_normaliser + log_area(z.shape[-1])


def unit(x: Float[Array, "*batch code"]) -> Float[Array, "*batch code"]:
    """x scaled to length 1; its gradient is finite at 0."""
    return x * jax.lax.rsqrt(jnp.maximum(jnp.square(x).sum(-1, keepdims=True), 1e-20))


def cosine(uniform: Float[Array, ""], kappa: Float[Array, ""], dims: int) -> Float[Array, ""]:
    """The cosine w to μ below which a draw lies with probability `uniform`; p(w) ∝ exp(κw) (1 − w²)^((m−3)/2).

    The distribution function is summed over `CELLS` cells. They are evenly spaced in e with
    w = (1 − (1 + b) e) / (1 − (1 − b) e), the proposal of Ulrich 1984 (doi:10.2307/2347441), which follows κ: so they
    are narrow where draws are, for every κ.
    """
    away = dims - 1
    b = away / (2 * kappa + jnp.sqrt(4 * jnp.square(kappa) + away**2))
    edges = jnp.linspace(1.0, 0.0, CELLS + 1)
    middles = 0.5 * (edges[1:] + edges[:-1])
    w = _proposed(middles, b)
    slope = jnp.log(2 * b) - 2 * jnp.log1p(-(1 - b) * middles)  # of w in e
    sine = jnp.log(4 * b * middles * (1 - middles)) - 2 * jnp.log1p(-(1 - b) * middles)  # log(1 − w²)
    weights = jax.nn.softmax(kappa * w + 0.5 * (dims - 3) * sine + slope)
    below = jnp.concatenate([jnp.zeros(1), jnp.cumsum(weights)])
    return _proposed(jnp.interp(uniform, below, edges), b)


def _proposed(e: Float[Array, "..."], b: Float[Array, ""]) -> Float[Array, "..."]:
    return (1 - (1 + b) * e) / (1 - (1 - b) * e)

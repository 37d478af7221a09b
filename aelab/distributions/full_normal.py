"""The normal distribution with a full covariance: the numbers of a code may vary together.

    log p(x) = −½ |L⁻¹(x − μ)|² − Σ log L_ii − (d/2) log 2π    with Σ = L Lᵀ

L is lower triangular with a positive diagonal, so every L gives a covariance and every covariance has one L. Kingma and
Welling 2019, arXiv:1906.02691, section 2.5.1, eq. 2.36 to 2.46. On a grid each place has a covariance of its own.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw
from aelab.distributions.masks import existing, sum_event
from aelab.distributions.normal import LOG_2PI, Normal


class FullNormal(NamedTuple):
    """N(μ, L Lᵀ), given by `mean` μ and `factor` L, over the last axis of the mean."""

    mean: Float[Array, "*batch code"]
    factor: Float[Array, "*batch code other"]

    @property
    def mode(self) -> Float[Array, "*batch code"]:
        return self.mean

    @property
    def log_diagonal(self) -> Float[Array, "*batch code"]:
        """log L_ii, half the log of what is left of the variance of number i, given the numbers before it."""
        return jnp.log(jnp.diagonal(self.factor, axis1=-2, axis2=-1))

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """z = μ + L ε with ε ~ N(0, I). A row draws by its number in `index`."""
        noise = draw(jax.random.normal, key, self.mean.shape, index)
        return self.mean + jnp.einsum("...ij,...j->...i", self.factor, noise)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """The log density of each example, in nats, summed over the places inside `mask`; the mask has no last axis."""
        away = existing(x, mask) - self.mean
        factor = jnp.broadcast_to(self.factor, (*away.shape, away.shape[-1]))
        white = jax.lax.linalg.triangular_solve(factor, away[..., None], left_side=True, lower=True)[..., 0]
        return sum_event(-0.5 * (jnp.square(white) + LOG_2PI) - self.log_diagonal, mask)

    def divergence(self, p: Any, z: Float[Array, "batch *event"]) -> Float[Array, "batch"]:
        """KL(self‖p) in closed form where p is a diagonal normal, else its estimate from one draw z; nats.

        ½ Σ_i (Σ_j L_ij² + (μ_i − m_i)²) / s_i² − 1 + log s_i² − 2 log L_ii    for p = N(m, diag s²)
        """
        if not isinstance(p, Normal):
            return self.log_prob(z) - p.log_prob(z)
        variance = jnp.square(self.factor).sum(-1)
        spread = (variance + jnp.square(self.mean - p.mean)) * jnp.exp(-p.log_variance)
        return sum_event(0.5 * (spread - 1 + p.log_variance) - self.log_diagonal)

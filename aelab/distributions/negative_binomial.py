"""The negative binomial distribution: counts that vary more than a Poisson distribution lets them.

    p(x) = Γ(x + r) / (Γ(r) x!) · (r/(r + m))^r · (m/(r + m))^x

It is a Poisson distribution whose rate was drawn from a gamma distribution of mean m and shape r, so its variance is
m + m²/r. The counts of molecules in cells: Lopez et al. 2018, scVI, doi:10.1038/s41592-018-0229-2.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import row_keys
from aelab.distributions.masks import aligned, existing, sum_event

LARGE = 8.0  # from where on Stirling's series of three terms is right to 1e-9


class NegativeBinomial(NamedTuple):
    """Independent counts, given by log m and log r; one r may serve all rows."""

    log_mean: Float[Array, "batch *event"]
    log_dispersion: Float[Array, "..."]  # log r; the larger it is, the nearer to a Poisson distribution

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return jnp.exp(self.log_mean)

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        """⌊m (r − 1) / r⌋, and 0 where r is at most 1."""
        share = jnp.maximum(1 - jnp.exp(-self.log_dispersion), 0.0)
        return jnp.floor(self.mean * share)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """A rate from the gamma distribution, and a Poisson draw of it. A row draws by its number in `index`."""
        of_rate, of_count = jax.random.split(key)
        index = jnp.arange(len(self.log_mean)) if index is None else index
        shape = jnp.broadcast_to(aligned(self.log_dispersion, self.log_mean.ndim), self.log_mean.shape)
        gamma = jax.vmap(lambda row, own: jax.random.loggamma(row, jnp.exp(own)))(row_keys(of_rate, index), shape)
        rate = jnp.exp(gamma + self.log_mean - shape)
        return jax.vmap(jax.random.poisson)(row_keys(of_count, index), rate).astype(self.log_mean.dtype)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """The log probability of each count, in nats; −∞ below 0. Gamma functions of large numbers never cancel."""
        log_mean, log_shape = (aligned(leaf, x.ndim) for leaf in self)
        known = x >= 0
        x = jnp.where(known, x, 0.0)
        shape = jnp.exp(log_shape)
        small, large = jnp.minimum(shape, x + 1), jnp.maximum(shape, x + 1)
        choices = log_gamma_ratio(large, small - 1) - gammaln(small)  # log Γ(x + r) / (Γ(r) x!)
        apart = log_mean - log_shape
        found = choices - shape * jax.nn.softplus(apart) - x * jax.nn.softplus(-apart)
        return jnp.where(known, found, -jnp.inf)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)


def log_gamma_ratio(x: Float[Array, "*shape"], more: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """log Γ(x + more) − log Γ(x), by Stirling's series where x is large: there, two logarithms would cancel."""
    big = x > LARGE
    far = jnp.where(big, x, LARGE)
    share = jnp.where(big, more, 0.0)
    series = (far - 0.5) * jnp.log1p(share / far) + share * jnp.log(far + share) - share
    series = series + _rest(far + share) - _rest(far)
    near = jnp.where(big, 1.0, x)
    return jnp.where(big, series, gammaln(near + jnp.where(big, 0.0, more)) - gammaln(near))


def _rest(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """What Stirling's formula lacks of log Γ(x)."""
    square = 1 / jnp.square(x)
    return (1 / 12 - square * (1 / 360 - square / 1260)) / x

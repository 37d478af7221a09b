"""Student's t distribution: a normal whose variance is itself drawn by chance, so that outliers are no surprise.

    log p(x) = Σ log Γ((ν + 1)/2) − log Γ(ν/2) − ½ log(νπ) − log s − (ν + 1)/2 · log(1 + ((x − μ)/s)²/ν)

Few degrees of freedom ν give heavy tails, 1 those of Cauchy's distribution; with many it becomes the normal N(μ, s²).
As the distortion of a deep model: Takahashi et al. 2018, IJCAI, section 3 (doi:10.24963/ijcai.2018/374).
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import row_keys
from aelab.distributions.masks import aligned, existing, sum_event


class StudentT(NamedTuple):
    """Independent entries, given by their centre μ, log s and ν; one scale and one ν may serve all entries."""

    location: Float[Array, "*batch event"]
    log_scale: Float[Array, "..."]
    freedom: Float[Array, "..."]  # degrees of freedom, above 0

    @property
    def mean(self) -> Float[Array, "*batch event"]:
        """μ; of ν ≤ 1, which has no mean, the centre that it is symmetric about."""
        return self.location

    @property
    def mode(self) -> Float[Array, "*batch event"]:
        return self.location

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """μ + s ε with ε from the standard t distribution. A row draws by its number in `index`."""
        shape = jnp.broadcast_shapes(*map(jnp.shape, self))
        index = jnp.arange(shape[0]) if index is None else index
        freedom = jnp.broadcast_to(aligned(jnp.asarray(self.freedom), len(shape)), shape)
        noise = jax.vmap(lambda row, own: jax.random.t(row, own, shape[1:]))(row_keys(key, index), freedom)
        return self.location + jnp.exp(self.log_scale) * noise

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """The log density of each entry, in nats."""
        location, log_scale, freedom = (aligned(jnp.asarray(leaf), x.ndim) for leaf in self)
        distance = jnp.square((x - location) * jnp.exp(-log_scale))
        tails = 0.5 * (freedom + 1) * jnp.log1p(distance / freedom)
        constant = gammaln(0.5 * (freedom + 1)) - gammaln(0.5 * freedom) - 0.5 * jnp.log(freedom * math.pi)
        return constant - log_scale - tails

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

"""The discretised logistic and its mixture: grey levels that know which of them are neighbours.

    P(x) = Σ_k π_k [σ((x + h/2 − μ_k)/s_k) − σ((x − h/2 − μ_k)/s_k)]    for levels that lie h apart

A logistic variable with its values rounded to the levels 0, h, …, 1; what falls below 0 or above 1 counts for the first
or the last level. Salimans et al. 2017, PixelCNN++, arXiv:1701.05517, eq. 2, on a scale from 0 to 1.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import log_sigmoid, logsumexp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.draws import row_keys
from aelab.distributions.masks import existing, sum_event


class DiscretisedLogistic(NamedTuple):
    """Independent entries; each chooses among K logistics, on the last axis, `part`. With K = 1 it is the plain one."""

    logits: Float[Array, "batch *event part"]  # log weights of the parts
    location: Float[Array, "batch *event part"]  # μ
    log_scale: Float[Array, "batch *event part"]  # log s
    levels: Float[Array, "level"]  # 0, h, …, 1

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        """E[x] = h Σ_j P(x > (j + ½) h), one level after the other, so that no array of all levels is made."""
        step = self.levels[1]

        def above(total, level):
            tails = jax.nn.sigmoid((self.location - level - 0.5 * step) * jnp.exp(-self.log_scale))
            return total + (jax.nn.softmax(self.logits) * tails).sum(-1), None

        total, _ = jax.lax.scan(above, jnp.zeros(self.logits.shape[:-1]), self.levels[:-1])
        return step * total

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        """The likeliest of three: 0, 1 and the level at the centre of the heaviest part.

        That is the mode where parts lie far apart. The outermost levels have all that lies beyond them.
        """
        heaviest = self.logits.argmax(-1)[..., None]
        centre = self._rounded(jnp.take_along_axis(self.location, heaviest, -1)[..., 0])
        levels = jnp.stack([centre, jnp.zeros_like(centre), jnp.ones_like(centre)])
        likeliest = jax.vmap(self.log_density)(levels).argmax(0)[None]
        return jnp.take_along_axis(levels, likeliest, 0)[0]

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """A part by its weight, a draw of its logistic, and the nearest level. A row draws by its number in `index`."""
        of_part, within = jax.random.split(key)
        index = jnp.arange(len(self.logits)) if index is None else index
        chosen = jax.vmap(jax.random.categorical)(row_keys(of_part, index), self.logits)[..., None]
        noise = jax.vmap(lambda row: jax.random.logistic(row, chosen.shape[1:-1]))(row_keys(within, index))
        centre, log_scale = (jnp.take_along_axis(leaf, chosen, -1)[..., 0] for leaf in (self.location, self.log_scale))
        return self._rounded(centre + jnp.exp(log_scale) * noise)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """The log probability of the level nearest to each entry, in nats; −∞ outside [0, 1].

        With b and a the two ends, σ(b) − σ(a) = σ(b) σ(−a) (1 − exp(a − b)): no difference of numbers that are nearly
        equal is taken, and no logarithm of 0.
        """
        level, last, step = jnp.rint(x * (len(self.levels) - 1)), len(self.levels) - 1, self.levels[1]
        known = (level >= 0) & (level <= last)
        level, inverse = level[..., None], jnp.exp(-self.log_scale)
        centred = level * step - self.location
        below = jnp.where(level >= last, 0.0, log_sigmoid((centred + 0.5 * step) * inverse))
        above = jnp.where(level <= 0, 0.0, log_sigmoid(-(centred - 0.5 * step) * inverse))
        inner = (level > 0) & (level < last)
        width = jnp.where(inner, jnp.log(-jnp.expm1(-step * inverse)), 0.0)
        each = jax.nn.log_softmax(self.logits) + below + above + width
        return jnp.where(known, logsumexp(each, axis=-1), -jnp.inf)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

    def _rounded(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        last = len(self.levels) - 1
        return self.levels[jnp.clip(jnp.rint(x * last), 0, last).astype(jnp.int32)]

"""Several distributions side by side on the last axis of an event, each independent of the others.

    log p(x) = Σ_b log p_b(x_b)

The columns of a table are such blocks: numbers, coins and choices (HI-VAE: Nazabal et al. 2020,
arXiv:1807.03653, eq. 3).
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.compiled import jit
from aelab.distributions.masks import existing, sum_event


class Product(NamedTuple):
    """Block b of the last axis follows `parts[b]`, and is as long as the last axis of that one's mean."""

    parts: tuple[Any, ...]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return jnp.concatenate([part.mean for part in self.parts], -1)

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return jnp.concatenate([part.mode for part in self.parts], -1)

    @jit
    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """Each block by a key of its own. A row draws by its number in `index`."""
        keys = jax.random.split(key, len(self.parts))
        return jnp.concatenate([part.sample(own, index) for part, own in zip(self.parts, keys, strict=True)], -1)

    def log_density(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch *event"]:
        """That of its block's distribution for each entry, in nats."""
        return jnp.concatenate([part.log_density(own) for part, own in self._with(x)], -1)

    @jit
    def log_prob(self, x: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """`log_density` summed over the entries of the event inside `mask`."""
        return sum_event(self.log_density(existing(x, mask)), mask)

    def _with(self, x: Float[Array, "batch *event"]) -> Iterator[tuple[Any, Float[Array, "batch *block"]]]:
        ends = list(accumulate(part.mean.shape[-1] for part in self.parts))
        return zip(self.parts, jnp.split(x, ends[:-1], -1), strict=True)

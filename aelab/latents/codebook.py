"""A learned book of entries: vector quantisation, its cosine form, and residual quantisation.

    index = argmin_k ‖z − e_k‖²   (van den Oord et al. 2017, arXiv:1711.00937, eq. 1)

With several levels, each quantises what those before it left over, r_{l+1} = r_l − e(r_l), with entries of its own
(Zeghidour et al. 2021, SoundStream, arXiv:2107.03312, algorithm 1). In the cosine form, vectors and entries are scaled
to length 1 first (Yu et al. 2022, arXiv:2110.04627, section 3.2): the nearest entry is that of the largest cosine.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from aelab.distributions.sphere import unit
from aelab.latents.quantised import Found

PART = 256  # entries whose closeness to all vectors is in memory at a time: of a batch, few enough for a core's cache


class Codebook(nn.Module):
    """`codes` entries of `width` numbers at each of `depth` levels; fresh ones have a standard deviation of `scale`."""

    codes: int
    width: int
    depth: int = 1
    cosine: bool = False
    scale: float = 1.0

    def setup(self):
        fresh = nn.initializers.normal(self.scale)
        self.entries = self.param("entries", fresh, (self.depth, self.codes, self.width))

    def __call__(self, vectors: Float[Array, "*place code"]) -> Found:
        rest = unit(vectors) if self.cosine else vectors
        levels = []
        for entries in self.scaled():
            index = nearest(rest, entries)
            levels.append(Found(rest, entries[index], index))
            rest = rest - jax.lax.stop_gradient(entries[index])
        before, entry, indices = zip(*levels, strict=True)
        return Found(jnp.stack(before, -2), jnp.stack(entry, -2), jnp.stack(indices, -1))

    def look_up(self, indices: Int[Array, "*place level"]) -> Float[Array, "*place level code"]:
        """The entries of each level."""
        return jnp.stack([own[indices[..., level]] for level, own in enumerate(self.scaled())], -2)

    def scaled(self) -> Float[Array, "level entry code"]:
        """The entries as they are taken: in the cosine form of length 1."""
        return unit(self.entries) if self.cosine else self.entries


def nearest(vectors: Float[Array, "*place code"], entries: Float[Array, "entry code"]) -> Int[Array, "*place"]:
    """The index of the nearest entry to each vector: the largest of e·z − ½‖e‖², which is −½‖z − e‖² + ½‖z‖².

    The book is looked through part by part, so memory does not grow with it; of equals, the first is taken.
    """
    parts = -(-len(entries) // PART)
    beyond = parts * PART - len(entries)
    half_square = jnp.pad(0.5 * jnp.square(entries).sum(-1), (0, beyond), constant_values=jnp.inf)
    book = jnp.pad(entries, ((0, beyond), (0, 0))).reshape(parts, PART, -1), half_square.reshape(parts, PART)

    def look(best, part):
        (closeness, index), (number, own, half_square) = best, part
        found = jnp.matmul(vectors, own.T, precision="highest") - half_square
        largest = found.max(-1)
        first = jnp.where(found == largest[..., None], jnp.arange(PART), PART).min(-1)  # argmax takes ten times as long
        return (jnp.maximum(closeness, largest), jnp.where(largest > closeness, number * PART + first, index)), None

    places = vectors.shape[:-1]
    start = jnp.full(places, -jnp.inf), jnp.zeros(places, jnp.int32)
    return jax.lax.scan(look, start, (jnp.arange(parts), *book))[0][1]

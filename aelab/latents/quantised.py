"""A code of entries out of a finite book (van den Oord et al. 2017, arXiv:1711.00937, section 3.1)."""

from typing import NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from aelab import distributions
from aelab.distributions import existing
from aelab.distributions.quantised import through


class Found(NamedTuple):
    """What a book says of vectors: for each level what it quantised, the entry that stands for it, and its index."""

    before: Float[Array, "*place level code"]
    entry: Float[Array, "*place level code"]
    indices: Int[Array, "*place level"]


class Quantised(nn.Module):
    """Features to vectors by one dense layer, and each of them to an entry of `book`.

    A book has `codes`, the entries of a level, `width`, the numbers of one, and `depth`, its levels. It is called with
    vectors and gives what it `Found`; `look_up(indices)` gives the entries. Features on a grid have one vector at each
    place, and one more axis is none: with `tokens`, features without a grid are cut into so many vectors, whose entries
    stand side by side in the code.
    """

    book: nn.Module
    tokens: int = 0

    takes = ("mask",)

    @nn.compact
    def __call__(
        self, features: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch *place"] | None = None
    ) -> distributions.Quantised:
        width = self.book.width
        vectors = nn.Dense(max(self.tokens, 1) * width, name="code")(features)
        vectors = vectors.reshape(features.shape[0], self.tokens, width) if self.tokens else vectors
        found, exists = self.book(vectors), existence(vectors, mask)
        value = existing(through(found.before[..., 0, :], found.entry.sum(-2)), exists)
        indices = existing(found.indices, exists)
        return distributions.Quantised(self.packed(value), indices, found.before, found.entry, exists)

    def look_up(self, indices: Int[Array, "batch *place level"]) -> Float[Array, "batch *grid channel"]:
        """The code that has these indices."""
        return self.packed(self.book.look_up(indices).sum(-2))

    def packed(self, vectors: Float[Array, "batch *place code"]) -> Float[Array, "batch *grid channel"]:
        """The code of vectors: tokens lie side by side."""
        return vectors.reshape(vectors.shape[0], -1) if self.tokens else vectors


def existence(vectors: Float[Array, "batch *place code"], mask: Bool[Array, "batch *time"] | None):
    """Which places exist: all without a mask."""
    everywhere = jnp.ones(vectors.shape[:-1], bool)
    return everywhere if mask is None else everywhere & mask.reshape(mask.shape + (1,) * (everywhere.ndim - mask.ndim))

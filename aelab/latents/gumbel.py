"""A code of entries that are drawn: categorical q(z|x), smooth in training (Jang et al. 2016, arXiv:1611.01144)."""

from dataclasses import dataclass

import flax.linen as nn
from jax.tree_util import Partial
from jaxtyping import Array, Bool, Float, Int

from aelab import distributions
from aelab.latents.codebook import Codebook, nearest
from aelab.latents.quantised import existence


class Gumbel(nn.Module):
    """Features to logits over the entries of `book`; `tokens` are as those of `Quantised`."""

    book: Codebook
    tokens: int = 0

    takes = ("mask",)

    @nn.compact
    def __call__(
        self, features: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch *place"] | None = None
    ) -> distributions.RelaxedCodes:
        codes, (entries,) = self.book.codes, self.book.scaled()
        logits = nn.Dense(max(self.tokens, 1) * codes, name="logits")(features)
        logits = logits.reshape(features.shape[0], self.tokens, codes) if self.tokens else logits
        mixed, named = (Partial(kind(self.tokens > 0), entries) for kind in (Mixed, Named))
        return distributions.RelaxedCodes(logits, existence(logits, mask), mixed, named)

    def look_up(self, indices: Int[Array, "batch *place level"]) -> Float[Array, "batch *grid channel"]:
        """The code that has these indices."""
        vectors = self.book.look_up(indices).sum(-2)
        return vectors.reshape(vectors.shape[0], -1) if self.tokens else vectors


@dataclass(frozen=True)
class Mixed:
    """The code of weights of entries at each place; those of tokens lie side by side where it is `packed`."""

    packed: bool

    def __call__(self, entries: Float[Array, "entry code"], weights: Float[Array, "batch *place entry"]):
        code = weights @ entries
        return code.reshape(code.shape[0], -1) if self.packed else code


@dataclass(frozen=True)
class Named:
    """The indices of a code of entries: of the nearest ones, so that rounding does no harm."""

    packed: bool

    def __call__(self, entries: Float[Array, "entry code"], z: Float[Array, "batch *grid channel"]):
        vectors = z.reshape(z.shape[0], -1, entries.shape[1]) if self.packed else z
        return nearest(vectors, entries)[..., None]

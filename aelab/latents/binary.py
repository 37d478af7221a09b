"""Codes of bits: the sign of each number, with no book to search.

    ẑ = sign(z)      lookup-free quantisation (Yu et al. 2023, arXiv:2310.05737, eq. 3)
    ẑ = sign(u)/√d,  u = z/‖z‖   binary spherical quantisation (Zhao et al. 2024, arXiv:2406.07548, eq. 5)

An index has a bit for each number, the first the lowest: d numbers make 2ᵈ codes.
"""

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from aelab.distributions.sphere import unit
from aelab.latents.quantised import Found


class Binary(nn.Module):
    """Signs of `width` numbers; `spherical` puts vectors and codes on the unit sphere."""

    width: int
    spherical: bool = False

    depth = 1

    @property
    def codes(self) -> int:
        return 2**self.width

    @property
    def size(self) -> float:
        """Of each number of a code."""
        return self.width**-0.5 if self.spherical else 1.0

    def __call__(self, vectors: Float[Array, "*place code"]) -> Found:
        before = unit(vectors) if self.spherical else vectors
        bits = before > 0
        indices = (bits * 2 ** np.arange(self.width)).sum(-1, dtype=jnp.int32)[..., None]
        return Found(before[..., None, :], jnp.where(bits, self.size, -self.size)[..., None, :], indices)

    def look_up(self, indices: Int[Array, "*place level"]) -> Float[Array, "*place level code"]:
        """The signs that an index stands for."""
        bits = indices[..., None] >> np.arange(self.width) & 1
        return (2 * bits - 1) * self.size

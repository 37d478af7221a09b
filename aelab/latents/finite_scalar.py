"""Finite scalar quantisation: each number of a vector is rounded (Mentzer et al. 2023, arXiv:2309.15505).

    ẑ_i = round(f(z_i)),  f(z) = (L_i − 1)/2 · tanh(z + shift) − offset   (section 3.1, appendix A.1)

The book is the grid of all combinations. It has Π L_i codes, nothing to learn, and nothing that could collapse.
"""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from aelab.distributions.quantised import through
from aelab.latents.quantised import Found

MARGIN = 1e-3  # by which the outermost levels are within reach


class FiniteScalar(nn.Module):
    """So many `levels` for each number, from −1 to 1 where they are odd; an even number has one more below 0."""

    levels: Sequence[int] = (8, 5, 5, 5)

    depth = 1

    @property
    def codes(self) -> int:
        return math.prod(self.levels)

    @property
    def width(self) -> int:
        return len(self.levels)

    @property
    def halves(self) -> np.ndarray:
        """How many levels lie below 0."""
        return np.array(self.levels) // 2

    @property
    def strides(self) -> np.ndarray:
        """By how much an index grows with each number."""
        return np.cumprod([1, *self.levels[:-1]])

    def __call__(self, vectors: Float[Array, "*place code"]) -> Found:
        bounded = self.bounded(vectors)
        level = jnp.round(bounded)
        indices = ((level + self.halves).astype(jnp.int32) * self.strides).sum(-1, dtype=jnp.int32)
        before, entry = bounded / self.halves, through(bounded, level) / self.halves
        return Found(before[..., None, :], entry[..., None, :], indices[..., None])

    def bounded(self, vectors: Float[Array, "*place code"]) -> Float[Array, "*place code"]:
        """f(z): just so wide that rounding gives each level; 0 stays 0."""
        half = (np.array(self.levels) - 1) * (1 + MARGIN) / 2
        offset = np.where(np.array(self.levels) % 2, 0.0, 0.5)
        return jnp.tanh(vectors + np.arctanh(offset / half)) * half - offset

    def look_up(self, indices: Int[Array, "*place level"]) -> Float[Array, "*place level code"]:
        """The entry of each index: its digits, of which each has a base of its own."""
        digits = indices[..., None] // self.strides % np.array(self.levels)
        return (digits - self.halves) / self.halves.astype(np.float32)

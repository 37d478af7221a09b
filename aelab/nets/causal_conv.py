"""Gated PixelCNN: convolutions that see the rows above and what is left in a row (van den Oord et al. 2016).

A vertical stack reads the rows above a place, a horizontal one what is left of it in its row, and the first tells the
second what it saw (arXiv:1606.05328, section 2.2, figure 2). So no place is blind to any before it, and none sees
itself. A grid of one row has the horizontal stack alone to see by. PixelCNN itself: arXiv:1601.06759.
"""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from aelab.nets import convolution
from aelab.nets.affine import Dense, plus

Grid = Float[Array, "row height width channel"]


class Above(nn.Module):
    """A convolution over a row and those above it, or with `flat` over a place and those left of it."""

    features: int
    reach: int  # entries that a window has to each side
    flat: bool = False

    @nn.compact
    def __call__(self, h: Grid) -> Grid:
        window = (1, self.reach + 1) if self.flat else (self.reach + 1, 2 * self.reach + 1)
        across = (self.reach, 0) if self.flat else (self.reach, self.reach)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (*window, h.shape[-1], self.features))
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        return plus(convolution.conv(h, kernel, 1, [(window[0] - 1, 0), across]), bias)


def gated(h: Float[Array, "*place twice"]) -> Float[Array, "*place channel"]:
    """tanh(a) σ(b) of both halves of the channels (eq. 2)."""
    a, b = jnp.split(h, 2, axis=-1)
    return jnp.tanh(a) * nn.sigmoid(b)


class Layer(nn.Module):
    """One layer of both stacks; the horizontal one is residual."""

    width: int
    reach: int

    @nn.compact
    def __call__(self, above: Grid, left: Grid, beside: Float[Array, "row side"] | None) -> tuple[Grid, Grid]:
        down, along = Above(2 * self.width, self.reach)(above), Above(2 * self.width, self.reach, flat=True)(left)
        along = along + Dense(2 * self.width, name="told")(down)
        if beside is not None:  # eq. 4
            said = [Dense(2 * self.width, use_bias=False, name=name)(beside) for name in ("down", "along")]
            down, along = (h + own[:, None, None] for h, own in zip((down, along), said, strict=True))
        return gated(down), left + Dense(self.width, name="out")(gated(along))


class CausalConv(nn.Module):
    """Logits of each token of a `grid` of them, one of `codes`, given those before it, row by row.

    A grid is that of the places, those of more than two axes in rows of the last, and a place with several tokens takes
    as many columns. `beside` are numbers that all see.
    """

    codes: int
    grid: Sequence[int]
    width: int = 64
    depth: int = 5
    reach: int = 2

    @nn.compact
    def __call__(self, tokens: Int[Array, "row token"], beside: Float[Array, "row side"] | None = None):
        """Logits `[row, token, code]`; those of a token depend on the ones before it alone."""
        table = self.param("embedding", nn.initializers.normal(1.0), (self.codes, self.width))
        x = table[tokens].reshape(tokens.shape[0], *self.grid, self.width)
        above = jnp.pad(x, [(0, 0), (1, 0), (0, 0), (0, 0)])[:, :-1]
        left = jnp.pad(x, [(0, 0), (0, 0), (1, 0), (0, 0)])[:, :, :-1]
        for _ in range(self.depth):
            above, left = Layer(self.width, self.reach)(above, left, beside)
        h = nn.relu(Dense(self.width, name="thought")(nn.relu(left)))
        return Dense(self.codes, name="logits")(h).reshape(tokens.shape[0], math.prod(self.grid), self.codes)

    def begin(self, rows: int) -> Int[Array, "row token"]:
        """What is kept before the first token: no convolution is kept, so the tokens themselves."""
        return jnp.zeros((rows, math.prod(self.grid)), jnp.int32)

    def step(self, tokens: Int[Array, "row token"], place: Int[Array, ""], last: Int[Array, "row"], beside=None):
        """Logits `[row, code]` of the token at a place, given the last one and those before it: a pass over all."""
        known = jnp.where(jnp.arange(tokens.shape[1]) == place - 1, last[:, None], tokens)
        return jnp.take(self(known, beside), place, axis=1), known

"""Transformer encoder and decoder over the patches of an image or the steps of a series.

Vaswani et al. 2017, arXiv:1706.03762; patches of an image: Dosovitskiy et al. 2021, arXiv:2010.11929; a code read from
and written to tokens by learned queries: Jaegle et al. 2022 (Perceiver IO), arXiv:2107.14795.
"""

import math
from collections.abc import Sequence
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from aelab.distributions import existing
from aelab.errors import ConfigError
from aelab.nets import patches
from aelab.nets.affine import Dense, LayerNorm
from aelab.nets.attention import Attention, Block, Mask, Tokens
from aelab.nets.checks import check_event, check_mask
from aelab.nets.patches import Patches
from aelab.takes import Recomputable

LARGEST = 2**26  # numbers in a table of places
SLOTS = 8  # tokens that stand for the code: pooled from the event's by the encoder, read by the decoder's


def sinusoids(grid: Sequence[int], width: int) -> np.ndarray:
    """sin and cos of each token's place, at wavelengths from 2π to 2π times the tokens along its axis.

    Raises:
        ConfigError: a table of absurd size.
    """
    if math.prod(grid) * width > LARGEST:
        raise ConfigError(f"--positions sinusoidal: {math.prod(grid)} tokens of width {width} are too many numbers")
    share = -(-width // (2 * len(grid)))
    places = np.indices(grid).reshape(len(grid), -1, 1)
    angles = places / np.reshape(grid, (-1, 1, 1)) ** (np.arange(share) / share)
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    return np.concatenate(list(waves), axis=-1)[:, :width].astype("float32")


small = nn.initializers.variance_scaling(0.01, "fan_in", "truncated_normal")  # outputs that start near 0 learn faster


class Positions(nn.Module):
    """Tokens told their place on the grid by a vector each, learned or sinusoidal; all places start well apart."""

    grid: Sequence[int]
    kind: Literal["learned", "sinusoidal"]

    @nn.compact
    def __call__(self, x: Tokens) -> Tokens:
        shape = math.prod(self.grid), x.shape[-1]
        if self.kind == "learned":
            table = self.param("table", nn.initializers.normal(1.0), shape)
        else:
            table = jnp.asarray(sinusoids(self.grid, x.shape[-1]))
        return x + table[: x.shape[1]].astype(x.dtype)


class Pool(nn.Module):
    """Learned queries, each the mean of the tokens by its own attention, in one vector."""

    slots: int
    heads: int

    @nn.compact
    def __call__(self, x: Tokens, mask: Mask = None) -> Float[Array, "batch feature"]:
        queries = self.param("queries", nn.initializers.normal(1.0), (self.slots, x.shape[-1]))
        return Attention(self.heads, name="attention")(queries[None], x, mask).reshape(x.shape[0], -1)


class Encoder(Recomputable, nn.Module):
    """Patches to tokens, `depth` blocks, attention pooling."""

    patches: Patches
    width: int = 128
    depth: int = 2
    heads: int = 4
    positions: Literal["learned", "sinusoidal"] = "learned"
    slots: int = SLOTS
    remat: bool = False  # blocks are computed again in the backward pass

    takes = ("mask",)
    offers = ("recomputing",)

    @nn.compact
    def __call__(self, x: Float[Array, "batch *event"], mask: Bool[Array, "batch time"] | None = None):
        check_event("transformer", x.shape[1:])
        check_mask(mask, x.shape[:2])
        self.patches.check(x.shape[1:-1])
        if mask is not None:
            x, mask = self.patches.fill(existing(x, mask)), self.patches.fill(mask)
        h = Dense(self.width, name="embed")(self.patches.split(x))
        h = Positions(self.patches.grid, self.positions, name="positions")(h)
        exist, block = self.patches.exist(mask), nn.remat(Block) if self.remat else Block
        for k in range(self.depth):
            h = block(self.heads, name=f"block_{k}")(h, mask=exist)
        return Pool(self.slots, self.heads, name="pool")(LayerNorm(name="norm")(h), exist)


class Decoder(Recomputable, nn.Module):
    """A query for the place of each patch reads the code in `depth` blocks; then a linear layer to its entries."""

    event: Sequence[int]  # shape of the outputs of one example
    patches: Patches
    width: int = 128
    depth: int = 2
    heads: int = 4
    positions: Literal["learned", "sinusoidal"] = "learned"
    slots: int = SLOTS
    remat: bool = False  # blocks are computed again in the backward pass

    takes = ("mask",)
    offers = ("recomputing",)

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch time"] | None = None):
        steps = self.event[0] if mask is None else mask.shape[-1]
        check_mask(mask, (z.shape[0], steps))
        self.patches.check((steps, *self.patches.space[1:]))
        memory = Dense(self.slots * self.width, name="unfold")(z.reshape(z.shape[0], -1)).reshape(
            z.shape[0], self.slots, -1
        )
        tokens = self.patches.tokens(steps if mask is None else self.patches.space[0])
        blank, block = jnp.zeros((1, tokens, self.width), z.dtype), nn.remat(Block) if self.remat else Block
        h = Positions(self.patches.grid, self.positions, name="positions")(blank)
        for k in range(self.depth):
            h = block(self.heads, name=f"block_{k}")(h, memory)
        entries = math.prod(self.patches.patch) * math.prod(self.event[len(self.patches.patch) :])
        h = LayerNorm(name="norm")(h)
        x = Dense(entries, kernel_init=small, name="outputs")(h)
        return self.patches.join(x, steps).reshape(z.shape[0], steps, *self.event[1:])


def build(config, event: Sequence[int], outputs: Sequence[int]) -> tuple[Encoder, Decoder]:
    """Both of `config.width`, `depth`, `heads` and `positions`; `config.patch` and `max_length` say how events are cut.

    Raises:
        ConfigError: an event that is no series or image, heads that do not divide the width, a patch that does not fit.
    """
    check_event("transformer", event)
    if config.width % config.heads:
        fits = " ".join(str(n) for n in range(1, config.width + 1) if config.width % n == 0)
        raise ConfigError(f"--heads: {config.heads} does not divide --width {config.width}; these do: {fits}")
    cut = patches.choose(event, config.patch, config.max_length)
    sizes = {name: getattr(config, name) for name in ("width", "depth", "heads", "positions")}
    return Encoder(cut, **sizes), Decoder(outputs, cut, **sizes)

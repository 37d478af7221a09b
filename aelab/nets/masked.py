"""The nets of a masked autoencoder: a Transformer that reads visible patches alone (He et al. 2021, arXiv:2111.06377).

No mask token meets the encoder (section 3). Its features have a place for each patch: what it made of a visible one, or
a learned token in the place of a hidden one, which the decoder then reads. So a code lies on the grid of the patches.
"""

import math
from collections.abc import Sequence
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from aelab.distributions import existing
from aelab.errors import ConfigError
from aelab.nets import transformer
from aelab.nets.affine import Dense, LayerNorm
from aelab.nets.attention import Block, Mask, Tokens
from aelab.nets.checks import check_event, check_mask
from aelab.nets.patches import Patches
from aelab.nets.transformer import Positions, small
from aelab.takes import Recomputable


class Blocks(nn.Module):
    """`depth` blocks in which tokens read each other, and a norm behind them."""

    depth: int
    heads: int
    remat: bool = False

    @nn.compact
    def __call__(self, h: Tokens, mask: Mask) -> Tokens:
        block = nn.remat(Block) if self.remat else Block
        for k in range(self.depth):
            h = block(self.heads, name=f"block_{k}")(h, mask=mask)
        return LayerNorm(name="norm")(h)


class Encoder(Recomputable, nn.Module):
    """The patches that are whole, told their places, in `depth` blocks; a learned token stands for the others.

    Where something is hidden, `most` says how many visible patches an event has at most. They are gathered, and the
    blocks compute with so many tokens instead of all. With 0 any number may be visible, and attention leaves out the
    others: the outcome is the same.
    """

    patches: Patches
    width: int = 128
    depth: int = 2
    heads: int = 4
    positions: Literal["learned", "sinusoidal"] = "learned"
    most: int = 0
    remat: bool = False  # blocks are computed again in the backward pass

    takes = ("mask", "hidden")
    offers = ("code_mask", "recomputing")

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "batch *event"],
        mask: Bool[Array, "batch time"] | None = None,
        hidden: Bool[Array, "batch *event"] | None = None,
    ) -> Float[Array, "batch token width"]:
        check_event("transformer", x.shape[1:])
        check_mask(mask, x.shape[:2])
        self.patches.check(x.shape[1:-1])
        mask = whole_mask(self.patches, mask, x)
        x = self.patches.fill(existing(x, mask))
        exist = self.patches.exist(None if mask is None else self.patches.fill(mask))
        visible = self.visible(exist, hidden)
        h = existing(self.patches.split(x), visible)
        blank = jnp.zeros((1, math.prod(self.patches.grid), self.width), x.dtype)
        at = Positions(self.patches.grid, self.positions, name="positions")(blank)
        token = self.param("token", nn.initializers.normal(0.02), (self.width,))
        embed = Dense(self.width, name="embed")
        blocks = Blocks(self.depth, self.heads, self.remat, name="blocks")
        if visible is None or hidden is None or not self.most:
            h = blocks(embed(h) + at, visible)
        else:
            order = first(visible, self.most)
            h = embed(jnp.take_along_axis(h, order[..., None], 1)) + at[0][order]
            h, visible = put_back(blocks(h, jnp.take_along_axis(visible, order, 1)), visible)
        return existing(h if visible is None else jnp.where(visible[..., None], h, token), exist)

    @nn.nowrap
    def visible(self, exist: Mask, hidden: Bool[Array, "batch *event"] | None) -> Mask:
        """Patches that exist and of which nothing is hidden; None for all."""
        if hidden is None:
            return exist
        whole = ~self.patches.split(self.patches.fill(hidden)).any(-1)
        return whole if exist is None else whole & exist

    @nn.nowrap
    def code_mask(self, mask: Bool[Array, "batch time"] | None) -> Mask:
        """Which places of the code exist, by the mask of the events."""
        return self.patches.exist(None if mask is None else self.patches.fill(mask))


class Decoder(Recomputable, nn.Module):
    """The code at each place, told where it is, reads all others in `depth` blocks; then a linear layer to a patch."""

    event: Sequence[int]  # shape of the outputs of one example
    patches: Patches
    width: int = 64
    depth: int = 1
    heads: int = 4
    positions: Literal["learned", "sinusoidal"] = "learned"
    remat: bool = False  # blocks are computed again in the backward pass

    takes = ("mask",)
    offers = ("recomputing",)

    @nn.compact
    def __call__(self, z: Float[Array, "batch token channel"], mask: Bool[Array, "batch time"] | None = None):
        steps = self.event[0] if mask is None else mask.shape[-1]
        check_mask(mask, (z.shape[0], steps))
        self.patches.check((steps, *self.patches.space[1:]))
        mask = whole_mask(self.patches, mask, jnp.zeros((z.shape[0], steps)))
        exist = self.patches.exist(None if mask is None else self.patches.fill(mask))
        h = Dense(self.width, name="embed")(z)
        h = Positions(self.patches.grid, self.positions, name="positions")(h)
        h = Blocks(self.depth, self.heads, self.remat, name="blocks")(h, exist)
        entries = math.prod(self.patches.patch) * math.prod(self.event[len(self.patches.patch) :])
        x = Dense(entries, kernel_init=small, name="outputs")(h)
        return self.patches.join(x, steps).reshape(z.shape[0], steps, *self.event[1:])


def whole_mask(patches: Patches, mask, x: Float[Array, "batch time *rest"]):
    """The mask, or one of a whole event that is shorter than what the net was made for; None where none is needed."""
    return jnp.ones(x.shape[:2], bool) if mask is None and x.shape[1] < patches.space[0] else mask


def first(visible: Bool[Array, "batch token"], most: int) -> Int[Array, "batch kept"]:
    """The places of the first `most` visible tokens; of fewer, places of others follow."""
    return jnp.argsort(~visible, axis=1, stable=True)[:, :most]


def put_back(h: Tokens, visible: Bool[Array, "batch token"]) -> tuple[Tokens, Bool[Array, "batch token"]]:
    """Tokens that were gathered by `first`, each in its place again, and which places are theirs."""
    number = jnp.cumsum(visible, axis=1) - 1  # of a visible token among those
    back = jnp.take_along_axis(h, jnp.clip(number, 0, h.shape[1] - 1)[..., None], 1)
    return back, visible & (number < h.shape[1])


def build(config, event: Sequence[int], outputs: Sequence[int]) -> tuple[Encoder, Decoder]:
    """Both, of the settings of the Transformer; the decoder has its own `config.decoder_width` and `decoder_depth`.

    Raises:
        ConfigError: an event that is no series or image, heads that do not divide a width, a patch that does not fit.
    """
    plain, _ = transformer.build(config, event, outputs)  # which says what does not fit
    if config.decoder_width % config.heads:
        raise ConfigError(f"--heads: {config.heads} does not divide --decoder-width {config.decoder_width}")
    encoder = Encoder(plain.patches, config.width, config.depth, config.heads, config.positions)
    own = (config.decoder_width, config.decoder_depth, config.heads, config.positions)
    return encoder, Decoder(outputs, plain.patches, *own)

"""Convolutional encoder and decoder for images and series, of any size.

Stages that halve the resolution (all-convolutional: Springenberg et al. 2015, arXiv:1412.6806) and mirrored transposed
ones. A masked series is padded or cut to the declared length, and steps outside the mask are 0 after every layer: its
code, its outputs and their gradients are the same whatever pads it. (A mask over an image speaks of its rows.)
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab.distributions import existing
from aelab.errors import ConfigError
from aelab.nets import convolution
from aelab.nets.activations import activations
from aelab.nets.affine import Dense, plus
from aelab.nets.checks import check_event, check_mask
from aelab.nets.padding import resized

HALF = 2  # the stride of every stage


class Convolution(nn.Module):
    """One output for each `stride` entries along every axis of space."""

    features: int
    kernel: int
    stride: int = 1

    @nn.compact
    def __call__(self, h: Float[Array, "batch *space channel"]) -> Float[Array, "batch *smaller channel"]:
        _, *space, channels = h.shape
        shape = (*(self.kernel for _ in space), channels, self.features)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        padding = [convolution.same(size, self.kernel, self.stride) for size in space]
        return plus(convolution.conv(h, kernel, self.stride, padding), bias)


class Transposed(nn.Module):
    """Back from half the resolution to exactly `space`."""

    space: Sequence[int]
    features: int
    kernel: int

    @nn.compact
    def __call__(self, h: Float[Array, "batch *smaller channel"]) -> Float[Array, "batch *space channel"]:
        shape = (*(self.kernel for _ in self.space), h.shape[-1], self.features)
        reached = HALF ** len(self.space)  # an output meets only one in so many entries of the kernel
        scaled = nn.initializers.variance_scaling(reached, "fan_in", "truncated_normal")
        kernel, bias = self.param("kernel", scaled, shape), self.param("bias", nn.initializers.zeros, (self.features,))
        padding = [convolution.same_transpose(size, self.kernel, HALF) for size in self.space]
        return plus(convolution.conv_transpose(h, kernel, HALF, padding), bias)


class Norm(nn.Module):
    """Layer norm over the channels of one entry; group norm over groups of channels and the space inside the mask."""

    kind: Literal["none", "group", "layer"] = "none"

    @nn.compact
    def __call__(self, h: Float[Array, "batch *space channel"], mask: Bool[Array, "batch time"] | None):
        if self.kind == "none":
            return h
        if self.kind == "layer":
            return nn.LayerNorm(use_fast_variance=False)(h)
        if mask is not None:
            mask = mask | ~mask.any(1, keepdims=True)  # an empty row has no statistics: any will do, but NaN
            mask = jnp.broadcast_to(mask.reshape(mask.shape + (1,) * (h.ndim - 2)), h.shape)
        groups = math.gcd(h.shape[-1], h.shape[-1] // 4 or 1)  # of four channels or a few more
        return nn.GroupNorm(groups, use_fast_variance=False)(h, mask=mask)


class Stage(nn.Module):
    """Norm and activation, then residual blocks of twice (norm, activation, convolution).

    The second window of a block is one entry wide (van den Oord et al. 2017, arXiv:1711.00937, section 4.1).
    """

    kernel: int
    blocks: int
    norm: Literal["none", "group", "layer"]
    activation: Callable

    @nn.compact
    def __call__(self, h: Float[Array, "batch *space channel"], mask: Bool[Array, "batch time"] | None = None):
        h = self.active(h, mask)
        for _ in range(self.blocks):
            inner = Convolution(h.shape[-1], self.kernel)(self.active(h, mask))
            h = h + existing(Convolution(h.shape[-1], 1)(self.active(inner, mask)), mask)
        return h

    def active(self, h, mask):
        return existing(self.activation(Norm(self.norm)(h, mask)), mask)


class Encoder(nn.Module):
    """One stage per entry of `channels`. The features are the last grid, flattened to a vector unless `grid` is set.

    `dense` > 0 puts a dense layer of that width behind it, on a grid one for each of its entries.
    """

    event: Sequence[int]  # shape of one example; with a mask, the first axis may be shorter or longer
    channels: Sequence[int] = (32, 64)
    kernel: int = 3
    blocks: int = 0  # residual ones per stage
    norm: Literal["none", "group", "layer"] = "none"
    dense: int = 0
    activation: Callable = nn.gelu
    grid: bool = False

    takes = ("mask",)
    offers = ("code_mask",)

    @nn.compact
    def __call__(self, x: Float[Array, "batch *event"], mask: Bool[Array, "batch time"] | None = None):
        check_mask(mask, x.shape[:2])
        if x.shape[2:] != (*self.event[1:],) or (mask is None and x.shape[1] != self.event[0]):
            made = f"conv was made for events of shape {(*self.event,)}"
            raise ConfigError(f"--net: {made}, not {x.shape[1:]}; with a mask, the first axis may have another length")
        masks = _masks(mask, self.event, len(self.channels))
        h = existing(resized(x, self.event[0]), masks[0])
        for features, mask in zip(self.channels, masks[1:], strict=True):
            h = Convolution(features, self.kernel, HALF)(h)
            h = Stage(self.kernel, self.blocks, self.norm, self.activation)(h, mask)
        h = h if self.grid else h.reshape(h.shape[0], -1)
        if self.dense:
            h = self.activation(Dense(self.dense)(h))
        return existing(h, mask) if self.grid else h

    @nn.nowrap
    def code_mask(self, mask: Bool[Array, "batch time"] | None):
        """Which places of a code on a grid exist, by the mask of the events; None for a vector."""
        return _masks(mask, self.event, len(self.channels))[-1] if self.grid else None


class Decoder(nn.Module):
    """The encoder backwards: a vector or a grid of codes to the smallest grid, then one stage per entry of `channels`.

    A mask says how long each series is, and how many steps the outputs have; without one they have the declared length.
    """

    event: Sequence[int]  # shape of one example
    outputs: Sequence[int]  # shape of what to give for it: the event, perhaps with several numbers for each entry
    channels: Sequence[int] = (64, 32)
    kernel: int = 3
    blocks: int = 0
    norm: Literal["none", "group", "layer"] = "none"
    dense: int = 0
    activation: Callable = nn.gelu

    takes = ("mask",)

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch time"] | None = None):
        smallest, *larger, space = spaces(self.event[:-1], len(self.channels))[::-1]
        inner, *masks, outer = _masks(mask, self.event, len(self.channels))[::-1]
        stage = partial(Stage, self.kernel, self.blocks, self.norm, self.activation)
        h = self.activation(Dense(self.dense)(z)) if self.dense else z
        features, on_grid = self.channels[0], z.ndim > 2
        h = Dense(features if on_grid else math.prod(smallest) * features)(h)
        h = stage()(h.reshape(z.shape[0], *smallest, features), inner)
        for features, size, inner in zip(self.channels[1:], larger, masks, strict=True):
            h = stage()(Transposed(size, features, self.kernel)(h), inner)
        h = Transposed(space, math.prod(self.outputs) // math.prod(space), self.kernel)(h)
        h = existing(h, outer).reshape(z.shape[0], *self.outputs)
        return h if mask is None else resized(h, mask.shape[1])


def build(config, event: Sequence[int], outputs: Sequence[int]) -> tuple[Encoder, Decoder]:
    """Both from `config.channels, kernel, residual, norm, dense, latent_grid, activation`; the decoder is the mirror.

    Raises:
        ConfigError: events that are neither images nor series, or no stage at all.
    """
    check_event("conv", event)
    if not config.channels:
        raise ConfigError("--channels: conv needs a number of channels for at least one stage, such as 32 64")
    same = (config.kernel, config.residual, config.norm, config.dense, activations[config.activation])
    encoder = Encoder(event, config.channels, *same, grid=config.latent_grid)
    return encoder, Decoder(event, outputs, config.channels[::-1], *same)


def spaces(space: Sequence[int], stages: int) -> list[tuple[int, ...]]:
    """The grid before the first stage and after each: the last is the grid of a spatial code."""
    grids = [tuple(space)]
    for _ in range(stages):
        grids.append(tuple(convolution.down(size, HALF) for size in grids[-1]))
    return grids


def _masks(mask, event: Sequence[int], stages: int) -> list:
    """The mask of every grid of `spaces`: an entry exists if the entry that it looks around does."""
    grids = [None if mask is None else resized(mask, event[0])]
    for _ in range(stages):
        grids.append(None if mask is None else grids[-1][:, ::HALF])
    return grids

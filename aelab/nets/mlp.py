"""Fully connected encoder and decoder (Hinton and Salakhutdinov 2006, doi:10.1126/science.1127647)."""

import math
from collections.abc import Callable, Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab.distributions import existing
from aelab.nets.activations import activations
from aelab.nets.affine import Dense
from aelab.nets.checks import check_mask
from aelab.nets.padding import resized


class Encoder(nn.Module):
    """Flatten, then one dense layer per width; entries outside `mask` read as 0.

    With `shortcut`, the event itself stands behind the features, for a linear way past all hidden layers.
    """

    widths: Sequence[int] = (512, 256)
    activation: Callable = nn.gelu
    steps: int | None = None  # that a masked series is padded or cut to; None reads the length it comes with
    shortcut: bool = False

    takes = ("mask",)

    @nn.compact
    def __call__(self, x: Float[Array, "batch *event"], mask: Bool[Array, "batch time"] | None = None):
        check_mask(mask, x.shape[:2])
        x = existing(x, mask)
        flat = h = (x if mask is None else resized(x, self.steps or x.shape[1])).reshape(x.shape[0], -1)
        for width in self.widths:
            h = self.activation(Dense(width)(h))
        return jnp.concatenate([h, flat], -1) if self.shortcut else h  # a vector: no grid axes


class Decoder(nn.Module):
    """One dense layer per width, from the code outwards, then a linear layer shaped like the event.

    It gives every entry, inside `mask` and outside, where nobody looks; as many steps as the mask has. With `shortcut`,
    the last layer reads the code too.
    """

    event: Sequence[int]  # shape of the outputs of one example
    widths: Sequence[int] = (256, 512)
    activation: Callable = nn.gelu
    shortcut: bool = False

    takes = ("mask",)
    gains_from_rows = True

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch time"] | None = None):
        code = h = z.reshape(z.shape[0], -1)
        for width in self.widths:
            h = self.activation(Dense(width)(h))
        h = jnp.concatenate([h, code], -1) if self.shortcut else h
        x = Dense(math.prod(self.event))(h).reshape(z.shape[0], *self.event)
        return x if mask is None else resized(x, mask.shape[1])


def build(config, event: Sequence[int], outputs: Sequence[int]) -> tuple[Encoder, Decoder]:
    """Both from `config.widths, activation, shortcut`; the decoder mirrors the encoder, or is one layer."""
    activation = activations[config.activation]
    decoder = Decoder(outputs, config.widths[::-1] if config.mirror else (), activation, config.shortcut)
    return Encoder(config.widths, activation, event[0], config.shortcut), decoder

"""Fully connected encoder and decoder (Hinton and Salakhutdinov 2006, doi:10.1126/science.1127647)."""

import math
from collections.abc import Callable, Sequence

import flax.linen as nn
from jaxtyping import Array, Bool, Float

from aelab.distributions import existing
from aelab.nets.activations import activations
from aelab.nets.affine import Dense
from aelab.nets.checks import check_mask
from aelab.nets.padding import resized


class Encoder(nn.Module):
    """Flatten, then one dense layer per width; entries outside `mask` read as 0."""

    widths: Sequence[int] = (512, 256)
    activation: Callable = nn.gelu
    steps: int | None = None  # that a masked series is padded or cut to; None reads the length it comes with

    takes = ("mask",)

    @nn.compact
    def __call__(self, x: Float[Array, "batch *event"], mask: Bool[Array, "batch time"] | None = None):
        check_mask(mask, x.shape[:2])
        x = existing(x, mask)
        h = (x if mask is None else resized(x, self.steps or x.shape[1])).reshape(len(x), -1)
        for width in self.widths:
            h = self.activation(Dense(width)(h))
        return h  # a vector: no grid axes


class Decoder(nn.Module):
    """One dense layer per width, from the code outwards, then a linear layer shaped like the event.

    It gives every entry, inside `mask` and outside, where nobody looks; as many steps as the mask has.
    """

    event: Sequence[int]  # shape of the outputs of one example
    widths: Sequence[int] = (256, 512)
    activation: Callable = nn.gelu

    takes = ("mask",)

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch time"] | None = None):
        h = z.reshape(len(z), -1)
        for width in self.widths:
            h = self.activation(Dense(width)(h))
        x = Dense(math.prod(self.event))(h).reshape(len(z), *self.event)
        return x if mask is None else resized(x, mask.shape[1])


def build(config, event: Sequence[int], outputs: Sequence[int]) -> tuple[Encoder, Decoder]:
    """Both from `config.widths` and `config.activation`; the decoder mirrors the encoder, or is one layer."""
    activation = activations[config.activation]
    decoder = Decoder(outputs, config.widths[::-1] if config.mirror else (), activation)
    return Encoder(config.widths, activation, event[0]), decoder

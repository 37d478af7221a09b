"""Fully connected encoder and decoder (Hinton and Salakhutdinov 2006, doi:10.1126/science.1127647)."""

import math
from collections.abc import Callable, Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab.nets.activations import activations


class Encoder(nn.Module):
    """Flatten, then one dense layer per width; entries outside `mask` read as 0."""

    widths: Sequence[int] = (512, 256)
    activation: Callable = nn.gelu

    @nn.compact
    def __call__(self, x: Float[Array, "batch *event"], mask: Bool[Array, "batch time"] | None = None):
        if mask is not None:
            x = jnp.where(mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim)), x, 0)
        h = x.reshape(len(x), -1)
        for width in self.widths:
            h = self.activation(nn.Dense(width)(h))
        return h  # a vector: no grid axes


class Decoder(nn.Module):
    """One dense layer per width, from the code outwards, then a linear layer shaped like the event.

    It gives every entry, whatever `mask` says: nobody looks at those outside.
    """

    event: Sequence[int]  # shape of the outputs of one example
    widths: Sequence[int] = (256, 512)
    activation: Callable = nn.gelu

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch time"] | None = None):
        h = z.reshape(len(z), -1)
        for width in self.widths:
            h = self.activation(nn.Dense(width)(h))
        return nn.Dense(math.prod(self.event))(h).reshape(len(z), *self.event)


def build(config, event: Sequence[int], outputs: Sequence[int]) -> tuple[Encoder, Decoder]:
    """Both from `config.widths` and `config.activation`; the decoder mirrors the encoder."""
    activation = activations[config.activation]
    return Encoder(config.widths, activation), Decoder(outputs, config.widths[::-1], activation)

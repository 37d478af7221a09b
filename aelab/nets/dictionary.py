"""A sparse dictionary: an event is a bias and a sum of few directions (Bricken et al. 2023, "Towards monosemanticity").

    z = a(W (x − b) + c),    x̂ = b + Σ_j z_j d_j,    ‖d_j‖ = 1

W, c and the rule a that leaves few numbers of z on are those of a head, one of `aelab.latents.dictionaries`. The
bias b is one and stands in both nets: `placed` gives the encoder that of the decoder. A loss that reads the parameters
through `placed` has the gradient of a shared bias, and in each direction d the part along d is taken out of it.
"""

import math
from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

SMALLEST = 1e-12  # of a length that something is divided by


def drawn_directions(key, shape: tuple[int, int]) -> Float[Array, "unit feature"]:
    """Random directions of length 1."""
    return unit(nn.initializers.normal(1.0)(key, shape))


class Encoder(nn.Module):
    """The event less the bias, its entries in a row."""

    @nn.compact
    def __call__(self, x: Float[Array, "batch *event"]) -> Float[Array, "batch feature"]:
        flat = x.reshape(x.shape[0], -1)
        return flat - self.param("bias", nn.initializers.zeros, flat.shape[1:])


class Decoder(nn.Module):
    """The bias and the directions, each as long as its number of the code says."""

    event: Sequence[int]  # shape of the outputs of one example

    @nn.compact
    def __call__(self, z: Float[Array, "batch unit"]) -> Float[Array, "batch *event"]:
        size = math.prod(self.event)
        directions = self.param("directions", drawn_directions, (z.shape[-1], size))
        return (z @ directions + self.param("bias", nn.initializers.zeros, (size,))).reshape(z.shape[0], *self.event)


def unit(directions: Float[Array, "unit feature"]) -> Float[Array, "unit feature"]:
    """Each row at a length of 1."""
    return directions / jnp.maximum(jnp.linalg.norm(directions, axis=1, keepdims=True), SMALLEST)


def placed(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a model with its directions at a length of 1, and one bias in encoder and decoder."""
    decoder = {**params["decoder"], "directions": unit(params["decoder"]["directions"])}
    return {**params, "encoder": {**params["encoder"], "bias": decoder["bias"]}, "decoder": decoder}


def mirrored(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a fresh model whose W are the directions.

    Far fewer units die of it (Gao et al. 2024, arXiv:2406.04093, section 2.4 and appendix A.1).
    """
    head = params["posterior"]
    kernel = unit(params["decoder"]["directions"]).T
    return {**params, "posterior": {**head, "answers": {**head["answers"], "kernel": kernel}}}

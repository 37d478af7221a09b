"""Regularised autoencoders: a smooth decoder in place of noise (Ghosh et al. 2020, arXiv:1903.12436)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import sum_event
from aelab.latents import flat, like
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw


def rae(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
    gradient: bool,
) -> Loss:
    """Distortion, the length of the code, and a penalty of the decoder; nats per example.

        distortion + β ½‖z‖² + λ R   (section 3)

    R is ‖θ‖², the squared length of the decoder's parameters, or with `gradient` ‖∂x̂/∂z‖², the squared slope of what it
    rebuilds. β is `hyper.code_penalty` and λ is `hyper.decoder_penalty`.
    """
    _, z, _, distortion = one_draw(model, params, key, batch)
    length = code_length(z)
    if gradient:
        penalty = decoder_slope(model, params, z, batch)
    else:
        penalty = jnp.broadcast_to(squared_length(params["model"]["decoder"]), distortion.shape)
    value = distortion + hyper.code_penalty * length + hyper.decoder_penalty * penalty
    return Loss(value, {"distortion": distortion, "code_length": length, "decoder_penalty": penalty})


def code_length(z: PyTree) -> Float[Array, "batch"]:
    """½‖z‖² of each example."""
    return 0.5 * jnp.square(flat(z)).sum(1)


def squared_length(tree: PyTree) -> Float[Array, ""]:
    """The sum of the squares of all numbers."""
    return jnp.stack([jnp.square(leaf).sum() for leaf in jax.tree.leaves(tree)]).sum()


def decoder_slope(model: Autoencoder, params: PyTree, z, batch: Batch) -> Float[Array, "batch"]:
    """‖∂x̂/∂z‖² of each example, with x̂ the mean of p(x|z): one pass for each number of the code.

    What moves with a number is the transpose of the backward pass: not every net has a forward-mode derivative.
    """

    def rebuilt(numbers):
        return model.decode(params, like(numbers, z), **batch.beside_code).mean

    numbers = flat(z)
    directions = jnp.broadcast_to(jnp.eye(numbers.shape[1])[:, None], (numbers.shape[1], *numbers.shape))
    mean, back = jax.vjp(rebuilt, numbers)
    moved = jax.linear_transpose(back, mean)
    columns = jax.vmap(lambda direction: moved((direction,))[0])(directions)
    return sum_event(jnp.square(columns).sum(0), batch.mask)

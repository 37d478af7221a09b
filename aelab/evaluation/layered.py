"""What each number of a code costs, and what it decodes to when it moves, where prior and posterior may have layers."""

from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.devices.compiled import compiled
from aelab.distributions import Normal, layers_at, normal_kl_terms
from aelab.evaluation.batches import mean
from aelab.latents import flat
from aelab.latents.noise import from_noise
from aelab.model import Autoencoder, PyTree


def has_normal_layers(model: Autoencoder, params: PyTree, batch: Batch) -> bool:
    """Whether each layer of q(z|x) is normal, and of a p(z) that needs no condition too. Nothing is computed."""
    if model.conditional or model.parts.prior is None:
        return False
    of_q, of_p = jax.eval_shape(partial(_layers, model), params, batch)
    return len(of_q) == len(of_p) and all(isinstance(layer, Normal) for layer in (*of_q, *of_p))


def _layers(model: Autoencoder, params: PyTree, batch: Batch) -> tuple:
    """Of posterior and prior, where the layers above are at their modes."""
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    return layers_at(q, q.mode), layers_at(model.prior(params), q.mode)


def number_rates(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], source: Source
) -> Float[np.ndarray, "number"]:
    """The rate of each number of a flat code, mean over a split, in nats; normal layers alone.

    KL(q(zl|zl+1, x)‖p(zl|zl+1)) of each number in closed form, where the layers above come from one draw of an example.
    """
    return mean(lambda batch: rates_of_batch(model, params, key, batch), source)


@compiled(static_argnums=(0,))
def rates_of_batch(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch
) -> Float[Array, "batch number"]:
    """The rate of each number for each row of a batch, in nats."""
    q, p = model.encode(params, batch.inputs, **batch.beside_inputs), model.prior(params)
    z = q.sample(key, batch.index)
    pairs = zip(layers_at(q, z), layers_at(p, z), strict=True)
    return flat(tuple(normal_kl_terms(own, prior) for own, prior in pairs))


@compiled(static_argnums=(0,))
def decoded_noise(model: Autoencoder, params: PyTree, noise: PyTree) -> Float[Array, "batch *event"]:
    """The mean of p(x|z) at the codes that the prior makes of noise; all its layers are normal."""
    return model.decode(params, from_noise(model.prior(params), noise)).mean

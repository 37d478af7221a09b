"""Importance weights in two parts of one value: one moves the generative model alone, the other q alone."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import drawn


class Sides(NamedTuple):
    """log w = log p(targets|z) + log p(z) − log q(z|inputs) of each draw, in nats, twice."""

    generative: Float[Array, "sample batch"]  # its gradient is that of decoder, likelihood and prior
    inference: Float[Array, "sample batch"]  # its gradient is that of encoder and posterior
    distortion: Float[Array, "batch"]  # mean of −log p(targets|z) over the draws


def sides(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, samples: int, *, score: bool) -> Sides:
    """The log weights of so many draws z_i ~ q(z|inputs); the draws of `iwae` with the same key.

    q moves by way of the draws, and with `score` by the parameters of its density too. Without, its gradient is that
    of the path alone (Roeder et al. 2017, arXiv:1703.09194, section 3).
    """
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    p = model.prior(params, condition=batch.condition)

    def one(sample):
        z, log_q = drawn(q, jax.random.fold_in(key, sample), batch.index)
        of_path = log_q() if score else stop_gradient(q).log_prob(z)
        still = stop_gradient(z)
        x, fixed = (
            model.decode(*given, **batch.beside_code) for given in ((params, still), (stop_gradient(params), z))
        )
        likelihood = x.log_prob(batch.targets, mask=batch.entries)
        generative = likelihood + p.log_prob(still) - stop_gradient(of_path)
        inference = fixed.log_prob(batch.targets, mask=batch.entries) + stop_gradient(p).log_prob(z) - of_path
        return generative, inference, likelihood

    generative, inference, likelihoods = jax.vmap(one)(jnp.arange(samples))
    return Sides(generative, inference, -likelihoods.mean(0))


def moved_by(value: Float[Array, "batch"], surrogate: Float[Array, "batch"]) -> Float[Array, "batch"]:
    """A number with the gradient of another one added to its own."""
    return value + surrogate - stop_gradient(surrogate)

"""How far the numbers of a code are from independent, over all examples of a split together.

    KL(q(z) || Π_d q(z_d)),   q(z) = (1/N) Σ_n q(z|x_n)

This is the part of the mean rate that β-TCVAE and FactorVAE press on (Chen et al. 2018, arXiv:1802.04942, eq. 2). Here
q(z) is the whole mixture of the split's N examples, so only the draws of z are random.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.data.source import Source
from aelab.distributions import Normal
from aelab.evaluation.batches import by_block
from aelab.evaluation.scores import codes
from aelab.latents import flat, is_vector
from aelab.model import Autoencoder, PyTree

BLOCK = 50  # draws whose densities under all examples are in memory at a time


def total_correlation(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], source: Source, draws: int
) -> Float[np.ndarray, "draw"] | None:
    """log q(z) − Σ_d log q(z_d) in nats, at a draw of z from q(z|x) of each of the first examples; at most so many.

    Their mean is the total correlation. None where a code is not one vector of a diagonal normal distribution.
    """
    q = codes(model, params, source, len(source))
    if not isinstance(q, Normal) or not is_vector(q.mode):
        return None
    count = min(draws, len(source))
    z = np.asarray(flat(q.sample(key, np.arange(len(source)))))[:count]
    return of_mixture(jnp.asarray(flat(q.mean)), jnp.asarray(flat(q.log_variance)), z)


def of_mixture(
    mean: Float[Array, "example latent"],
    log_variance: Float[Array, "example latent"],
    z: Float[np.ndarray, "draw latent"],
) -> Float[np.ndarray, "draw"]:
    """The same at given z, where q(z) is the mixture of the normal distributions of all examples."""
    joint, apart = log_densities(mean, log_variance, z)
    return joint - apart


def log_densities(
    mean: Float[Array, "example latent"],
    log_variance: Float[Array, "example latent"],
    z: Float[np.ndarray, "draw latent"],
) -> tuple[Float[np.ndarray, "draw"], Float[np.ndarray, "draw"]]:
    """log q(z) and Σ_d log q(z_d) of that mixture at given z, in nats."""
    return by_block(partial(_log_densities, mean, log_variance), z, BLOCK)


@jax.jit
def _log_densities(mean: Array, log_variance: Array, z: Array) -> tuple[Array, Array]:
    density = Normal(mean, log_variance).log_density(z[:, None])  # [draw, example, latent]
    share = math.log(len(mean))
    joint = jax.nn.logsumexp(density.sum(-1), axis=1) - share
    return joint, (jax.nn.logsumexp(density, axis=1) - share).sum(-1)

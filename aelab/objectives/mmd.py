"""Codes that together look like the prior, by the maximum mean discrepancy: InfoVAE and WAE-MMD."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import prior_draws
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw, rate_of
from aelab.objectives.rows import rows_of
from aelab.seeds import key_named


def info_vae(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    gather: Callable,
    extra=(),
) -> Loss:
    """Distortion, a share of the rate, and the discrepancy between all codes and the prior; nats per example.

        distortion + (1 - α) KL(q(z|inputs) || p(z)) + (α + λ - 1) MMD²(q(z), p(z))

    α is `hyper.info_alpha` and λ is `hyper.mmd_weight`; at α 0 and λ 1 this is the ELBO. Zhao, Song and Ermon 2017,
    arXiv:1706.02262, section 3, with MMD as the divergence. The estimate is that of all pairs.
    """
    draw = one_draw(model, params, key, batch)
    distortion, rate = draw.distortion, rate_of(model, params, batch, draw)
    apart = discrepancy(model, params, key, batch, draw.z, gather, unbiased=False)
    value = distortion + (1 - hyper.info_alpha) * rate + (hyper.info_alpha + hyper.mmd_weight - 1) * apart
    return Loss(value, {"distortion": distortion, "rate": rate, "mmd": apart})


def wae_mmd(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    gather: Callable,
    extra=(),
) -> Loss:
    """Distortion and the discrepancy between all codes and the prior; nats per example.

        distortion + λ MMD²(q(z), p(z))

    λ is `hyper.mmd_weight`. No code has a rate of its own, so q(z|inputs) may shrink to a point. Tolstikhin et al.
    2018, arXiv:1711.01558, algorithm 2; the estimate leaves out the pairs of a code with itself, and may be below 0.
    """
    _, z, _, distortion = one_draw(model, params, key, batch)
    apart = discrepancy(model, params, key, batch, z, gather, unbiased=True)
    return Loss(distortion + hyper.mmd_weight * apart, {"distortion": distortion, "mmd": apart})


def discrepancy(model: Autoencoder, params: PyTree, key, batch: Batch, z, gather: Callable, *, unbiased: bool):
    """MMD² between the codes of the whole batch and as many draws of the prior, the same number for every row."""
    random = prior_draws(model, params, key_named(key, "prior"), batch)
    codes, others = gather((flat(z), flat(random)))
    apart = squared_mmd(codes, others, rows_of(batch, gather).weights, unbiased=unbiased)
    return jnp.broadcast_to(apart, (len(batch.inputs),))


def squared_mmd(
    a: Float[Array, "row number"], b: Float[Array, "row number"], weights: Float[Array, "row"], *, unbiased: bool
) -> Float[Array, ""]:
    """E k(a, a') + E k(b, b') − 2 E k(a, b), with k(a, b) = C / (C + ‖a − b‖²) and C twice the width of a code.

    The kernel is the inverse multiquadratic one, for a prior of variance 1 (Tolstikhin et al. 2018, section 4). Means
    are over all pairs of rows, by their weights. Then equal samples have 0. `unbiased` leaves out the pairs of a row of
    one sample with itself, and the mean over samples is the discrepancy of their distributions.
    """
    share = weights / weights.sum()
    size = 2 * a.shape[1]

    def kernel(x, y):
        return size / (size + jnp.square(x[:, None] - y).sum(-1))

    def within(x):
        mean, itself = share @ kernel(x, x) @ share, share @ share
        return (mean - itself) / jnp.maximum(1 - itself, 1e-6) if unbiased else mean

    return within(a) + within(b) - 2 * share @ kernel(a, b) @ share

"""DIP-VAE I and II: codes whose numbers do not correlate (Kumar, Sattigeri and Balakrishnan 2018, arXiv:1711.00848)."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw, rate_of
from aelab.objectives.rows import normal_code, rows_of


def dip(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    gather: Callable,
    extra=(),
    of_draws: bool,
) -> Loss:
    """Negative ELBO and a penalty that leads the covariance C of the codes to the identity; nats per example.

        distortion + beta * rate + λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii - 1)²   (eq. 6 and 7)

    DIP-VAE I takes the covariance of the means, C = Cov[μ(x)]. DIP-VAE II takes that of draws (`of_draws`), C =
    E[Σ(x)] + Cov[μ(x)]. Both are over the batch. λ_od is `hyper.dip_off_diagonal`, λ_d is `hyper.dip_diagonal`; where
    both are 0 this is the ELBO.
    """
    draw = one_draw(model, params, key, batch)
    distortion, rate = draw.distortion, rate_of(model, params, batch, draw)
    codes, rows = gather(normal_code(draw.q, f"dip_{1 + of_draws}")), rows_of(batch, gather)
    away = codes.mean - rows.mean(codes.mean)
    covariance = rows.mean(away[:, :, None] * away[:, None])
    if of_draws:
        covariance = covariance + jnp.diag(rows.mean(jnp.exp(codes.log_variance)))
    penalty: Float[Array, ""] = distance_to_identity(covariance, hyper.dip_off_diagonal, hyper.dip_diagonal)
    terms = {"distortion": distortion, "rate": rate, "covariance_penalty": jnp.broadcast_to(penalty, rate.shape)}
    return Loss(distortion + hyper.beta_at(step) * rate + penalty, terms)


def distance_to_identity(covariance: Float[Array, "number number"], off_diagonal, diagonal) -> Float[Array, ""]:
    """λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)²."""
    own = jnp.diagonal(covariance)
    return off_diagonal * (jnp.square(covariance).sum() - jnp.square(own).sum()) + diagonal * jnp.square(own - 1).sum()

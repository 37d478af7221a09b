"""The sparse autoencoder: units that are seldom on (Ng 2011, CS294A lecture notes, "Sparse autoencoder", section 3)."""

from collections.abc import Callable

import jax.numpy as jnp
from jax.scipy.special import xlogy
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw
from aelab.objectives.rows import rows_of


def kl_sparse(
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
    """Distortion and how far the mean of each unit is from a small ρ; nats per example.

        distortion + β Σ_j KL(ρ || ρ̂_j),  KL(ρ || ρ̂) = ρ log(ρ / ρ̂) + (1 - ρ) log((1 - ρ) / (1 - ρ̂))

    ρ̂_j is the mean over the batch of number j of the code, which must lie in (0, 1), as behind a sigmoid. ρ is
    `hyper.sparsity` and β is `hyper.sparsity_weight`.
    """
    q, _, _, distortion = one_draw(model, params, key, batch)
    codes = gather(flat(q.mode))
    penalty = from_rare(hyper.sparsity, rows_of(batch, gather).mean(codes))
    value = distortion + hyper.sparsity_weight * penalty
    return Loss(value, {"distortion": distortion, "activity_penalty": jnp.broadcast_to(penalty, value.shape)})


def from_rare(target: Float[Array, ""], means: Float[Array, "unit"]) -> Float[Array, ""]:
    """Σ_j KL(ρ‖ρ̂_j) of coins, in nats; a mean outside [1e-6, 1 − 1e-6] counts as the nearest inside."""
    means = jnp.clip(means, 1e-6, 1 - 1e-6)
    on, off = xlogy(target, target / means), xlogy(1 - target, (1 - target) / (1 - means))
    return (on + off).sum()

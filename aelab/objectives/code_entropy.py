"""Codes of bits that are sure of themselves, and all of which are in use (arXiv:2310.05737, eq. 5; arXiv:2406.07548).

    p(c|z) = softmax of τ cᵀz over all codes c

That is a product over bits: bit i is 1 with probability σ(2 τ s z_i), where s is the size of a number of a code.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import existing, sum_event
from aelab.distributions.quantised import Quantised, squared
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw
from aelab.objectives.rows import rows_of


def code_entropy(
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
    """Distortion, commitment, and the entropies of codes; nats per example.

        -log p(targets|z_q) + β ½‖z - sg(ẑ)‖² + λ (Σ H(p(c|z)) - places H(E[p(c|z)]))

    The sum is over the places of an example, and the mean over those of the batch. A small entropy at each place keeps
    vectors away from where their code changes, and a large one of the mean uses all codes. Both are those of the bits,
    added up, which of the mean is an upper bound (Zhao et al. 2024, section 4.2). β is `hyper.commitment`, λ is
    `hyper.entropy_weight`, and τ is `hyper.sharpness`.
    """
    draw = one_draw(model, params, key, batch)
    q: Quantised = draw.q
    chance = jax.nn.sigmoid(2 * hyper.sharpness * jnp.abs(q.entry) * q.before)
    places = sum_event(existing(jnp.ones(q.exists.shape), q.exists))
    each = jnp.moveaxis(existing(chance, q.exists), -1, 1).reshape(len(chance), chance.shape[-1], -1).sum(-1)
    sums, counts = gather((each, places))
    rows = rows_of(batch, gather)
    mean = rows.mean(sums) / rows.mean(counts)
    terms = {
        "distortion": draw.distortion,
        "commitment": squared(q.before, jax.lax.stop_gradient(q.entry), q.exists),
        "place_entropy": sum_event(existing(of_bits(chance), q.exists)),
        "mean_entropy": places * of_bits(mean).sum(),
    }
    entropy = terms["place_entropy"] - terms["mean_entropy"]
    return Loss(draw.distortion + hyper.commitment * terms["commitment"] + hyper.entropy_weight * entropy, terms)


def of_bits(chance: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The entropy of each bit, in nats: −p log p − (1 − p) log(1 − p)."""
    p = jnp.clip(chance, 1e-7, 1 - 1e-7)
    return -p * jnp.log(p) - (1 - p) * jnp.log1p(-p)

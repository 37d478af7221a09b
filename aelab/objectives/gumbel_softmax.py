"""The ELBO of categorical codes, through their smooth relaxation (Jang et al. 2016, arXiv:1611.01144)."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss


def gumbel_softmax(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Distortion of a relaxed draw, and the rate of the categorical code; nats per example.

        -log p(targets|y) + beta * KL(q(z|inputs) || p(z)),  y = softmax((logits + g) / τ)   (eq. 2)

    Where τ goes to 0, y is a draw from q. The weight of the rate is `hyper.beta_at(step)`, and τ is `temperature_at`.
    """
    q: Any = model.encode(params, batch.inputs, **batch.beside_inputs)
    y = q.relaxed(key, batch.index, temperature_at(step, hyper))
    distortion = -model.decode(params, y, **batch.beside_code).log_prob(batch.targets, mask=batch.entries)
    rate = q.divergence(model.prior(params, condition=batch.condition), y)
    return Loss(distortion + hyper.beta_at(step) * rate, {"distortion": distortion, "rate": rate})


def temperature_at(step, hyper: Hyper) -> Float[Array, ""]:
    """τ falls from `hyper.temperature` to `hyper.last_temperature` at the end, by the same factor in each step."""
    gone = jnp.clip(step / hyper.steps, 0.0, 1.0)
    return hyper.temperature ** (1 - gone) * hyper.last_temperature**gone

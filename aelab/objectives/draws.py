"""A draw of a code, its log density, and what it costs: the same for codes of every kind."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.batch import Batch
from aelab.distributions import DrawsWithDensity, OwnDivergence, has_closed_form, kl
from aelab.model import Autoencoder, PyTree

LogDensity = Callable[[], Float[Array, "batch"]]


def drawn(q: Any, key: Key[Array, ""], index: Int[Array, "batch"] | None) -> tuple[Any, LogDensity]:
    """z ~ q, and a function that gives log q(z) in nats per example: nothing is computed that nobody asks for.

    The draw of a row depends on (key, its number in `index`) alone.
    """
    if isinstance(q, DrawsWithDensity):
        z, log_q = q.sample_and_log_prob(key, index)
        return z, lambda: log_q
    z = q.sample(key, index)
    return z, lambda: q.log_prob(z)


def divergence(q: Any, p: Any, z: Any, log_q: LogDensity) -> Float[Array, "batch"]:
    """KL(q‖p) per example in nats: in closed form where one is known, else estimated from the draw z.

    The estimate is q's own, where it knows a better one, or log q(z) − log p(z).
    """
    if has_closed_form(q, p):
        return kl(q, p)
    return q.divergence(p, z) if isinstance(q, OwnDivergence) else log_q() - p.log_prob(z)


def prior_draws(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Any:
    """A code drawn from the prior for each row; that of a row depends on (key, its number) alone."""
    index = jnp.arange(len(batch.inputs)) if batch.index is None else batch.index
    return model.draw_codes(params, key, index, condition=batch.condition)

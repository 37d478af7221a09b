"""How well a model explains each of a user's events."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import has_closed_form, kl, sum_event
from aelab.model import Autoencoder, PyTree


@partial(jax.jit, static_argnums=0)
def event_scores(
    model: Autoencoder, params: PyTree, x: Float[Array, "batch *event"]
) -> dict[str, Float[Array, "batch"]]:
    """`squared_error` Σ (x − x̂)² and `distortion` −log p(x|z), both from the mode of the code, and `rate` KL(q‖p).

    Distortion and rate are in nats per event. There is no rate without a prior, with a prior that needs a condition, or
    without a closed form.
    """
    q = model.encode(params, x)
    rebuilt = model.decode(params, q.mode)
    found = {"squared_error": sum_event(jnp.square(x - rebuilt.mean)), "distortion": -rebuilt.log_prob(x)}
    prior = None if model.parts.prior is None or model.prior_by_example else model.prior(params)
    return found if prior is None or not has_closed_form(q, prior) else {**found, "rate": kl(q, prior)}

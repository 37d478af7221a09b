"""How well a model explains each of a user's events."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import has_closed_form, kl, sum_event
from aelab.model import Autoencoder, PyTree


@partial(jax.jit, static_argnums=0)
def event_scores(
    model: Autoencoder,
    params: PyTree,
    x: Float[Array, "batch *event"],
    condition: Array | None = None,
    mask: Array | None = None,
    entries: Array | None = None,
) -> dict[str, Float[Array, "batch"]]:
    """`squared_error` Σ (x − x̂)² and `distortion` −log p(x|z), both from the mode of the code, and `rate` KL(q‖p).

    Distortion and rate are in nats per event. There is no rate without a prior, with a prior that needs a condition
    where there is none, or without a closed form. `mask` says which steps of a series exist, `entries` which
    numbers count.
    """
    q = model.encode(params, x, mask=mask, condition=condition)
    rebuilt = model.decode(params, q.mode, mask=mask, condition=condition)
    error = sum_event(jnp.square(x - rebuilt.mean), entries)
    found = {"squared_error": error, "distortion": -rebuilt.log_prob(x, mask=entries)}
    unknown = model.parts.prior is None or (model.prior_by_example and condition is None)
    prior = None if unknown else model.prior(params, condition=condition)
    return found if prior is None or not has_closed_form(q, prior) else {**found, "rate": kl(q, prior)}

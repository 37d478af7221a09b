"""What the rate pays for: what codes tell of events, and how far all codes together are from the prior.

    mean rate = I(x; z) + KL(q(z) ‖ p(z)),   q(z) = (1/N) Σ_n q(z|x_n)

(Hoffman and Johnson 2016, "ELBO surgery", eq. 6). With a prior whose numbers are independent the second part is that of
the dependence between numbers, and of each number by itself: KL(q(z) ‖ Π_d q(z_d)) + Σ_d KL(q(z_d) ‖ p(z_d)) (Chen et
al. 2018, arXiv:1802.04942, eq. 2). q(z) is the whole mixture of the split's N examples, so I(x; z) is at most ln N.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.distributions import Normal, normal_kl_terms
from aelab.evaluation.batches import per_example
from aelab.evaluation.conditions import Seen
from aelab.evaluation.estimate import Undefined
from aelab.evaluation.scores import codes, posterior
from aelab.evaluation.total_correlation import log_densities
from aelab.latents import flat, is_vector
from aelab.model import Autoencoder, PyTree

NOT_NORMAL = Undefined("the code is not one vector of a diagonal normal distribution with a prior that all share")


class Rate(NamedTuple):
    """At a draw of z from q(z|x) of each example, in nats; `[draw]`. The first is the sum of the other two."""

    rate: Float[np.ndarray, "draw"]  # log q(z|x) − log p(z)
    information: Float[np.ndarray, "draw"]  # log q(z|x) − log q(z)
    aggregate: Float[np.ndarray, "draw"]  # log q(z) − log p(z)
    total_correlation: Float[np.ndarray, "draw"]  # log q(z) − Σ_d log q(z_d)


def rate(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    draws: int,
    seen: Seen = lambda batch: batch,
) -> Rate | Undefined:
    """The parts of the rate at a draw for each of the first examples, at most `draws`; their means are the parts."""
    q = codes(model, params, source, len(source), seen)
    if not isinstance(q, Normal) or not is_vector(q.mode) or model.parts.prior is None or model.prior_by_example:
        return NOT_NORMAL
    count = min(draws, len(source))
    z = q.sample(key, np.arange(len(source)))[:count]  # the same draws as those of the total correlation
    joint, apart = log_densities(jnp.asarray(q.mean), jnp.asarray(q.log_variance), np.asarray(z))
    own = np.asarray(Normal(q.mean[:count], q.log_variance[:count]).log_prob(z))
    prior = np.asarray(_log_prior(model, params, z))
    return Rate(own - prior, own - joint, joint - prior, joint - apart)


@partial(jax.jit, static_argnums=0)
def _log_prior(model: Autoencoder, params: PyTree, z: Float[Array, "draw latent"]) -> Float[Array, "draw"]:
    return model.prior(params).log_prob(z)


def unit_rates(
    model: Autoencoder, params: PyTree, source: Source, seen: Seen = lambda batch: batch
) -> Float[np.ndarray, "example number"] | Undefined:
    """KL(q(z_d|x) ‖ p(z_d)) of each number of the code of each example, in nats, in closed form."""
    prior = model.parts.prior
    if not isinstance(prior, Normal):
        return Undefined("the prior is not one normal distribution, so no number of the code has a rate of its own")

    def rates(batch: Batch):
        q = posterior(model, params, batch, seen)
        return flat(normal_kl_terms(q, prior)) if isinstance(q, Normal) else None

    found = per_example(rates, source)
    return NOT_NORMAL if found is None else found

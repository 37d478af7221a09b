"""Bounds between the ELBO and L_k, from which an encoder learns more (Rainforth et al. 2018, arXiv:1802.04537).

A tighter bound moves the encoder by a weaker signal: the signal-to-noise ratio of its gradient falls with k.
"""

import jax
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.iwae import bound, weighed
from aelab.objectives.loss import Loss
from aelab.objectives.sides import moved_by, sides


def miwae(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
    samples: int,
    bounds: int,
) -> Loss:
    """Negative mean of so many `bounds` L_k, each of k = `samples` draws of its own; nats per example.

        -(1/M) Σ_m log (1/k) Σ_i w_mi   (section 5, MIWAE)

    With one bound it is `iwae`, with one draw the ELBO of M draws.
    """
    log_w, distortion = weighed(model, params, key, batch, bounds * samples)
    value = -mean_of_bounds(log_w, bounds)
    return Loss(value, {"distortion": distortion, "rate": value - distortion})


def piwae(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
    samples: int,
    bounds: int,
) -> Loss:
    """Negative L_(M k) of all draws for the generative model, and `miwae` of the same draws for q; nats per example.

    The value is that of the first: M is how many `bounds` there are, k how many `samples` each has (section 5, PIWAE).
    """
    both = sides(model, params, key, batch, bounds * samples, score=True)
    value = moved_by(-bound(both.generative), -mean_of_bounds(both.inference, bounds))
    return Loss(value, {"distortion": both.distortion, "rate": value - both.distortion})


def ciwae(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=(), samples: int
) -> Loss:
    """A share of the negative ELBO and the rest of the negative L_k, of the same k = `samples` draws; nats per example.

        -β (1/k) Σ_i log w_i - (1 - β) log (1/k) Σ_i w_i   (section 5, CIWAE)

    β is `hyper.elbo_share`: 0 is `iwae`.
    """
    log_w, distortion = weighed(model, params, key, batch, samples)
    value = -hyper.elbo_share * log_w.mean(0) - (1 - hyper.elbo_share) * bound(log_w)
    return Loss(value, {"distortion": distortion, "rate": value - distortion})


def mean_of_bounds(log_w: Float[Array, "sample batch"], bounds: int) -> Float[Array, "batch"]:
    """The mean of L_k over groups of draws that follow each other."""
    return jax.vmap(bound)(log_w.reshape(bounds, -1, log_w.shape[1])).mean(0)

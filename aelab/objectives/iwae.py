"""The importance-weighted bound L_k (Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519)."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import drawn
from aelab.objectives.loss import Loss


def log_weight(model: Autoencoder, params: PyTree, q, p, key: Key[Array, ""], batch: Batch, sample: Int[Array, ""]):
    """log w = log p(targets|z) + log p(z) − log q(z|inputs) for draw number `sample` of z ~ q, and log p(targets|z).

    Both in nats per example; the draw of a row depends on (key, sample, row) alone. `p` is the prior, the same for all
    draws of a batch.
    """
    return weighed_draw(model, params, q, p, key, batch, sample)[2:]


def weighed_draw(model: Autoencoder, params: PyTree, q, p, key: Key[Array, ""], batch: Batch, sample: Int[Array, ""]):
    """The draw z itself, the p(x|z) that it decodes to, and both numbers of `log_weight`."""
    z, log_q = drawn(q, jax.random.fold_in(key, sample), batch.index)
    x = model.decode(params, z, **batch.beside_code)
    likelihood = x.log_prob(batch.targets, mask=batch.entries)
    return z, x, likelihood + p.log_prob(z) - log_q(), likelihood


def iwae(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=(), samples: int
) -> Loss:
    """Negative importance-weighted bound with k = `samples` draws; nats per example.

        -L_k = -E[log (1/k) Σ_i w_i],  w_i = p(targets, z_i) / q(z_i|inputs),  z_i ~ q(z|inputs)   (eq. 8)

    `distortion` is the mean over the draws of -log p(targets|z_i), `rate` what the bound adds to it.
    """
    log_w, distortion = weighed(model, params, key, batch, samples)
    value = -bound(log_w)
    return Loss(value, {"distortion": distortion, "rate": value - distortion})


def weighed(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, draws: int
) -> tuple[Float[Array, "sample batch"], Float[Array, "batch"]]:
    """log w of each draw, and the mean over the draws of -log p(targets|z); nats per example."""
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    p = model.prior(params, condition=batch.condition)
    log_w, likelihoods = jax.vmap(partial(log_weight, model, params, q, p, key, batch))(jnp.arange(draws))
    return log_w, -likelihoods.mean(0)


def bound(log_w: Float[Array, "sample batch"]) -> Float[Array, "batch"]:
    """log (1/k) Σ_i w_i: the bound of k draws (eq. 8)."""
    return jax.nn.logsumexp(log_w, axis=0) - jnp.log(len(log_w))

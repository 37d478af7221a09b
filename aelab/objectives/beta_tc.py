"""β-TCVAE: the rate in three parts, of which the total correlation is weighed (Chen et al. 2018, arXiv:1802.04942)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import Normal
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw
from aelab.objectives.rows import Rows, normal_code, rows_of


def beta_tc(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    gather: Callable,
    extra=(),
    examples: int,
) -> Loss:
    """Negative ELBO with its total correlation weighted by `hyper.beta_at(step)`; nats per example, from one draw of z.

        -log p(targets|z) + I(x; z) + beta * KL(q(z) || Π_d q(z_d)) + Σ_d KL(q(z_d) || p(z_d))   (eq. 4)

    q(z) is the mean of q(z|x) over the training set of so many `examples`. It is estimated from the batch
    (`log_share`). At beta 1 the sum is that of the ELBO at this draw.
    """
    q, z, log_q, distortion = one_draw(model, params, key, batch)
    others = gather(normal_code(q, "beta_tc"))
    density = Normal(others.mean[None], others.log_variance[None]).log_density(flat(z)[:, None])
    share = log_share(rows_of(batch, gather), examples)
    joint = jax.nn.logsumexp(density.sum(-1) + share, axis=1)  # log q(z)
    product = jax.nn.logsumexp(density + share[..., None], axis=1).sum(-1)  # Σ_d log q(z_d)
    terms = {
        "distortion": distortion,
        "information": log_q() - joint,
        "total_correlation": joint - product,
        "dimension_wise": product - model.prior(params, condition=batch.condition).log_prob(z),
    }
    rate = terms["information"] + hyper.beta_at(step) * terms["total_correlation"] + terms["dimension_wise"]
    return Loss(distortion + rate, terms)


def log_share(rows: Rows, examples: int) -> Float[Array, "row other"]:
    """The logarithm of what q(z|x) of each other row counts in q(z): minibatch-stratified sampling (appendix C.2).

    With M + 1 rows of N examples, a row itself counts 1 / N, the next one (N − M) / (N M), and each of the others
    1 / M. Rows that only pad the batch count nothing.
    """
    size, most = jnp.maximum(examples, rows.number), jnp.maximum(rows.number - 1, 1)
    place = jnp.arange(len(rows.weights))
    itself = place == rows.own[:, None]
    follows = rows.order == ((rows.order[rows.own] + 1) % rows.number)[:, None]
    share = jnp.where(itself, 1 / size, jnp.where(follows, (size - most) / (size * most), 1 / most))
    return jnp.log(jnp.where(rows.real, share, 0.0))

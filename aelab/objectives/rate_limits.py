"""Where the rate is to be: a capacity that grows, a weight that comes in cycles, bits that are free.

Each is the ELBO but for what the rate costs. `hyper.beta_at(step)` weighs that cost.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import Normal, aligned, normal_kl_terms
from aelab.errors import ConfigError
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import divergence
from aelab.objectives.elbo import elbo
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw


def capacity(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Negative ELBO whose rate is led to a capacity C that grows; nats per example.

        distortion + beta * |KL(q(z|inputs) || p(z)) - C|

    C rises in a line from 0 to `hyper.capacity` nats over `hyper.capacity_epochs`, which `hyper` holds in steps.
    Burgess et al. 2018, arXiv:1804.03599, eq. 8, where the weight is called γ and is 1000.
    """
    terms = elbo(model, params, key, batch, step=step, hyper=hyper).terms
    allowed = hyper.capacity * jnp.clip((step + 1) / jnp.maximum(hyper.capacity_epochs, 1.0), 0.0, 1.0)
    return Loss(terms["distortion"] + hyper.beta_at(step) * jnp.abs(terms["rate"] - allowed), terms)


def cyclical(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Negative ELBO whose weight of the rate rises from 0 to beta again and again; nats per example.

        distortion + beta * min(τ / R, 1) * KL(q(z|inputs) || p(z)),  τ = mod(t - 1, ⌈T / M⌉) / (T / M)

    T are the steps of the run, M is `hyper.cycles`, and R is `hyper.cycle_rise`, the share of a cycle in which the
    weight rises. Fu et al. 2019, arXiv:1903.10145, section 4, with a rise in a line.
    """
    terms = elbo(model, params, key, batch, step=step, hyper=hyper).terms
    period = hyper.steps / hyper.cycles
    place = jnp.mod(step, jnp.ceil(period)) / period
    risen = jnp.where(place < hyper.cycle_rise, place / jnp.maximum(hyper.cycle_rise, 1e-9), 1.0)
    weight = hyper.beta_at(step) * risen
    return Loss(terms["distortion"] + weight * terms["rate"], {**terms, "weighted_rate": weight * terms["rate"]})


def free_bits(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    gather,
    extra=(),
    group: str = "number",
) -> Loss:
    """Negative ELBO in which a group of the code costs `hyper.free_bits` nats even where it needs less.

        distortion + beta * Σ_j max(λ, mean over the batch of KL_j)

    A group j is one `number` of the code, or all of the `code`. Each example has its own rate where the mean over the
    batch is above λ, and λ where it is not; the mean of that over the batch is the formula. Kingma et al. 2016,
    arXiv:1606.04934, appendix C.8, eq. 15.
    """
    q, z, log_q, distortion = one_draw(model, params, key, batch)
    p = model.prior(params, condition=batch.condition)
    rates = rate_by_number(q, p) if group == "number" else divergence(q, p, z, log_q)[:, None]
    others, weights = gather((rates, batch.weights))
    above = weights @ others > hyper.free_bits * weights.sum()
    paid = jnp.where(above, rates, hyper.free_bits).sum(1)
    terms = {"distortion": distortion, "rate": rates.sum(1), "paid_rate": paid}
    return Loss(distortion + hyper.beta_at(step) * paid, terms)


def rate_by_number(q, p) -> Float[Array, "batch number"]:
    """KL(q‖p) of each number of a code of independent normals, in nats.

    Raises:
        ConfigError: the code or its prior is something else.
    """
    if not (type(q) is Normal and type(p) is Normal):
        raise ConfigError(
            "--free-bits-of number: the code or its prior is no diagonal normal; give --free-bits-of code"
        )
    return flat(normal_kl_terms(q, Normal(*(aligned(leaf, q.mean.ndim) for leaf in p))))

"""FactorVAE: a critic estimates the total correlation of the codes (Kim and Mnih 2018, arXiv:1802.05983).

`critic` is a network `(params, codes [row, number]) -> logit [row]` that tells codes z ~ q(z) from codes whose numbers
were each taken from another example. At its best the logit is log q(z) − log Π_d q(z_d), whose mean over q(z) is the
total correlation. Its parameters are `params["critic"]`, and the player that moves them is called so too.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import draw
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import drawn
from aelab.objectives.game import telling
from aelab.objectives.loss import Loss
from aelab.objectives.objective import Objective
from aelab.objectives.one_draw import one_draw, rate_of
from aelab.objectives.rows import rows_of

Critic = Callable[[PyTree, Float[Array, "row number"]], Float[Array, "row"]]


def factor(critic: Critic) -> Callable[..., Loss]:
    """The model's loss: the negative ELBO and what the critic says of the code; nats per example.

        distortion + beta * rate + γ log(D(z) / (1 - D(z)))   (eq. 2, with the estimate of eq. 3)

    γ is `hyper.factor_gamma`; at γ 0 this is the ELBO.
    """
    return partial(_factor, critic)


def _factor(
    critic: Critic,
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
) -> Loss:
    draw = one_draw(model, params, key, batch)
    distortion, rate = draw.distortion, rate_of(model, params, batch, draw)
    correlation = critic(params["critic"], flat(draw.z))
    value = distortion + hyper.beta_at(step) * rate + hyper.factor_gamma * correlation
    return Loss(value, {"distortion": distortion, "rate": rate, "total_correlation": correlation})


def factor_critic(critic: Critic) -> Objective:
    """The critic's loss; nats per example.

        -1/2 log D(z) - 1/2 log(1 - D(z'))   (algorithm 2)

    z' are other draws of the codes of the batch, each number of which is shuffled over the batch on its own. The paper
    takes them from a second batch. The term `told` is the share of both that is told rightly.
    """
    return Objective(partial(_critic, critic), across=True)


def _critic(critic: Critic, model: Autoencoder, params: PyTree, key, batch: Batch, *, step, hyper, gather, extra=()):
    own, other, order = jax.random.split(key, 3)
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    real, mixed = flat(drawn(q, own, batch.index)[0]), flat(drawn(q, other, batch.index)[0])
    of_real = critic(params["critic"], real)
    of_mixed = critic(params["critic"], shuffled(mixed, order, batch, gather))
    return telling(of_real, of_mixed)


def shuffled(codes: Float[Array, "row number"], key: Key[Array, ""], batch: Batch, gather: Callable):
    """Codes each number of which comes from a row of its own, any row of the batch that counts, each of them once."""
    rows = rows_of(batch, gather)
    every, chance = gather((codes, draw(jax.random.uniform, key, codes.shape, batch.index)))
    order = jnp.argsort(jnp.where(rows.real[:, None], chance, jnp.inf), axis=0)  # rows that only pad come last
    return jnp.take_along_axis(every, order, axis=0)[rows.order[rows.own]]

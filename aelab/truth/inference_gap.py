"""What an encoder leaves of log p(x), and why (Cremer, Li and Duvenaud 2018, arXiv:1801.03558, eq. 3 to 6).

    log p(x) − ELBO[q]  =  (log p(x) − ELBO[q*])  +  (ELBO[q*] − ELBO[q])
                           approximation gap          amortisation gap

q is what the encoder says of x, a diagonal normal, and q* the best diagonal normal for this x alone. The first part is
what the family of q costs: the true posterior is no diagonal normal. The second part is what it costs that one encoder
answers for all events.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, Key

from aelab.batch import Batch
from aelab.distributions import Normal
from aelab.errors import ConfigError
from aelab.evaluation import estimate
from aelab.evaluation.estimate import Estimate
from aelab.evaluation.running import nothing
from aelab.model import Autoencoder, PyTree
from aelab.objectives import divergence
from aelab.seeds import key_named
from aelab.truth.joint import require_continuous

ROUND = 100  # steps of Adam, after which an event asks whether it goes on
PATIENCE = 3  # rounds in a row that bring less than TOLERANCE end it
TOLERANCE = 0.01  # nats
MOST = 50  # rounds
RATE = 0.03  # of Adam, in standard deviations of q and in log variances; it falls as 1 / √round
DRAWS = 8  # of z for a gradient
JUDGED = 256  # draws of z for an ELBO, the same ones for q and for q*


class Elbos(NamedTuple):
    """Of each event: the ELBO of q and of q*, in nats; q* itself, and after how many rounds it was found."""

    amortised: Float[Array, "batch"]
    optimal: Float[Array, "batch"]
    optimum: Normal
    rounds: Int[Array, "batch"]


class Gaps(NamedTuple):
    """Means over events in nats, each with its standard error; the last two add up to the first."""

    inference: Estimate  # log p(x) − ELBO[q]
    approximation: Estimate  # log p(x) − ELBO[q*]
    amortisation: Estimate  # ELBO[q*] − ELBO[q]


def gaps(
    log_p: Float[np.ndarray, "event"], amortised: Float[np.ndarray, "event"], optimal: Float[np.ndarray, "event"]
) -> Gaps:
    """The parts of the gap, where `log_p` is log p(x) or the best bound of it from below."""
    log_p, amortised, optimal = (np.asarray(values, np.float64) for values in (log_p, amortised, optimal))
    parts = (log_p - amortised, log_p - optimal, optimal - amortised)
    return Gaps(*map(estimate.mean, parts))


def tighter(*bounds: Float[np.ndarray, "event"]) -> Float[np.ndarray, "event"]:
    """Of several lower bounds of the same events the one whose mean is the largest.

    It is chosen as a whole: the largest for each event alone would be no bound, because all of them are noisy.
    """
    return max(bounds, key=lambda bound: float(np.mean(bound, dtype=np.float64)))


def elbos(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Elbos:
    """The ELBO of each event under the encoder's q(z|x), and under the best diagonal normal for this event; nats.

    q* begins at q and follows Adam with reparameterised gradients. After each round of `ROUND` steps the mean of its
    numbers over the round is judged by draws that stay the same. An event ends when `PATIENCE` rounds in a row brought
    less than `TOLERANCE`, or after `MOST` of them, and keeps the best that was found, q itself included. What it gets
    does not depend on the other events of the batch.

    Raises:
        ConfigError: q(z|x) is no diagonal normal, or p(x) no integral over continuous codes.
    """
    require_continuous(model, params, batch, posterior=True)
    q = jax.eval_shape(partial(_encoded, model), params, batch)
    if not isinstance(q, Normal):
        kind = type(q).__name__
        raise ConfigError(f"posterior: the gap is split for diagonal normal codes alone, and this model's are {kind}")
    return _elbos(model, params, key, batch)


@partial(jax.jit, static_argnums=0)
def _elbos(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Elbos:
    q = Normal(*jnp.broadcast_arrays(*_encoded(model, params, batch)))
    judge = partial(mean_elbo, model, params, key_named(key, "judged"), batch, draws=JUDGED)
    amortised = judge(q)
    found = _optimised(partial(_descended, model, params, key_named(key, "steps"), batch), judge, q, amortised)
    return Elbos(amortised, found.best, _moved(q, found.shift), found.rounds)


def _encoded(model: Autoencoder, params: PyTree, batch: Batch) -> Any:
    return model.encode(params, batch.inputs, **batch.beside_inputs)


def mean_elbo(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, q: Normal, *, draws: int
) -> Float[Array, "batch"]:
    """E_q[log p(x|z)] − KL(q‖p) of each event by so many draws of z, one at a time; nats."""

    def add(sample, total):
        return total.plus(_elbo(model, params, jax.random.fold_in(key, sample), batch, q))

    return jax.lax.fori_loop(0, draws, add, nothing(len(batch.inputs))).sum / draws


def _elbo(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, q: Normal) -> Float[Array, "batch"]:
    """By one draw."""
    z = q.sample(key, batch.index)
    x = model.decode(params, z, **batch.beside_code)
    p = model.prior(params, condition=batch.condition)
    return x.log_prob(batch.targets, mask=batch.entries) - divergence(q, p, z, lambda: q.log_prob(z))


def _moved(q: Normal, shift: Normal) -> Normal:
    """q, its means moved by so many of its standard deviations, and its log variances by so much."""
    return Normal(q.mean + q.stddev * shift.mean, q.log_variance + shift.log_variance)


def _descended(model, params, key, batch: Batch, q: Normal, state: tuple, number: Int[Array, ""]) -> tuple:
    """A round of Adam: the shift of q and the optimizer's state behind it, and the mean shift of the round."""
    adam = optax.scale_by_adam()
    rate = RATE / jnp.sqrt(number + 1.0)

    def loss(shift: Normal, key) -> Float[Array, ""]:
        keys = jax.random.split(key, DRAWS)
        return -jax.vmap(lambda key: _elbo(model, params, key, batch, _moved(q, shift)))(keys).mean(0).sum()

    def step(turn, carry):
        shift, moments, sums = carry
        slope = jax.grad(loss)(shift, jax.random.fold_in(key, number * ROUND + turn))
        update, moments = adam.update(slope, moments)
        shift = jax.tree.map(lambda a, b: a - rate * b, shift, update)
        return shift, moments, jax.tree.map(jnp.add, sums, shift)

    shift, moments = state
    zeros = jax.tree.map(jnp.zeros_like, shift)
    shift, moments, sums = jax.lax.fori_loop(0, ROUND, step, (shift, moments, zeros))
    return (shift, moments), jax.tree.map(lambda total: total / ROUND, sums)


class _Search(NamedTuple):
    number: Int[Array, ""]  # of rounds, as the events that are not done have seen
    state: Any  # shift of q, and what Adam keeps
    best: Float[Array, "batch"]  # ELBO
    shift: Normal  # of q, where it was the best
    idle: Int[Array, "batch"]  # rounds in a row that brought little
    rounds: Int[Array, "batch"]

    @property
    def going(self) -> Bool[Array, "batch"]:
        return self.idle < PATIENCE


def _optimised(descended, judge, q: Normal, amortised: Float[Array, "batch"]) -> _Search:
    """The best ELBO of each event. Where an event is done, its best stays, whatever further rounds bring."""

    def round_(search: _Search) -> _Search:
        state, mean_shift = descended(q, search.state, search.number)
        value = jnp.where(search.going, judge(_moved(q, mean_shift)), -jnp.inf)
        better, gained = value > search.best, value > search.best + TOLERANCE
        return _Search(
            search.number + 1,
            state,
            jnp.where(better, value, search.best),
            jax.tree.map(partial(_of_rows, better), mean_shift, search.shift),
            jnp.where(search.going, jnp.where(gained, 0, search.idle + 1), search.idle),
            search.rounds + search.going,
        )

    shift = jax.tree.map(jnp.zeros_like, q)
    none = jnp.zeros(len(amortised), jnp.int32)
    first = _Search(jnp.int32(0), (shift, optax.scale_by_adam().init(shift)), amortised, shift, none, none)
    return jax.lax.while_loop(lambda search: search.going.any() & (search.number < MOST), round_, first)


def _of_rows(which: Bool[Array, "batch"], these: Array, others: Array) -> Array:
    """These where `which` is true, and the others elsewhere, row by row."""
    return jnp.where(which.reshape(which.shape + (1,) * (these.ndim - 1)), these, others)

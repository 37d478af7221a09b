"""Annealed importance sampling: log p(x) from below, and for events of the model's own from above.

A way of T steps leads from a start f_0 that is known whole, p(z) or q(z|x), to f_1 = p(z) p(x|z), whose constant is
p(x). On the way stand f_β = f_0^(1−β) f_1^β, and a chain goes from one to the next:

    z_0 ~ f_0,  z_t ~ T_{β_t}(z | z_{t−1}),    log w = Σ_{t=1…T} (β_t − β_{t−1}) log f_1(z_{t−1}) / f_0(z_{t−1})

Here T_β is a transition of Hamiltonian Monte Carlo, which leaves f_β as it is. Then E[w] = p(x), so that the log of a
mean of several w is in expectation no more than log p(x) (Neal 2001, doi:10.1023/A:1008923215028, eq. 4 and 11). With
T = 1 it is plain importance sampling, and from q(z|x) the bound L_k.

The same way backwards, from an exact draw of p(z|x) to the start, has E[1/w] = 1/p(x): minus the log of a mean of 1/w
is no less than log p(x) (Grosse et al. 2015, arXiv:1511.02543, section 3.1). Who simulates x from z has such a draw.

For either to hold, no transition may depend on where its own chains were. So the step sizes are found beforehand by
other chains; see `pace`. Wu et al. 2017, arXiv:1611.04273, judge decoders in this way.
"""

from functools import partial
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.evaluation.running import Total
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.seeds import key_named
from aelab.truth.ends import Ends, Start, ends
from aelab.truth.hamiltonian import Codes, Place, look, transition
from aelab.truth.joint import require_continuous
from aelab.truth.pace import Pace, found_pace

SLOPE = 4.0  # of the sigmoid whose steps are small at both ends (Grosse et al. 2015, section 5)
LOOSENED = 4  # transitions at the target before the way back, so that chains from one exact draw are different ones


class Annealing(NamedTuple):
    """How to go. All settings but `temperatures` and `leapfrogs` make a program of their own.

    Three leapfrog steps take a code about a quarter of the way round, where it forgets its place best. At the same
    cost, more temperatures are better than more of them.
    """

    start: Start = "prior"
    temperatures: int = 1000  # T
    leapfrogs: int = 3  # steps of a transition
    chains: int = 8  # of each event
    schedule: Literal["sigmoid", "linear"] = "sigmoid"


FROM_PRIOR = Annealing()  # asks nothing of the encoder
FROM_POSTERIOR = Annealing("posterior", temperatures=300, schedule="linear")  # shorter, where the encoder is right


class Annealed(NamedTuple):
    """What the chains of each event found."""

    log_weights: Float[Array, "batch chain"]  # log w, nats
    acceptance: Float[Array, "batch"]  # share of the proposals

    @property
    def lower(self) -> Float[Array, "batch"]:
        """log (1/C) Σ_c w_c, of chains that went forwards: in expectation at most log p(x)."""
        return log_mean(self.log_weights)

    @property
    def upper(self) -> Float[Array, "batch"]:
        """−log (1/C) Σ_c 1/w_c, of chains that went backwards: in expectation at least log p(x)."""
        return -log_mean(-self.log_weights)


def annealed(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, how: Annealing = FROM_PRIOR
) -> Annealed:
    """log p(x) of each event of a batch from below, by `how.chains` chains from the start; nats.

    What a row draws depends on (key, its number in `batch.index`) alone. Memory does not depend on the number of
    temperatures.

    Raises:
        ConfigError: p(x) is not an integral over continuous codes, or the start has no density.
    """
    return _checked(model, params, key, batch, how)


def reverse_annealed(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, z: PyTree, how: Annealing = FROM_PRIOR
) -> Annealed:
    """log p(x) from above, by chains that go backwards from the codes `z`, exact draws from p(z|x); nats.

    Raises:
        ConfigError: as `annealed`.
    """
    return _checked(model, params, key, batch, how, z)


def log_mean(log_weights: Float[Array, "batch chain"]) -> Float[Array, "batch"]:
    """The log of the mean weight of the chains."""
    return jax.nn.logsumexp(log_weights, axis=1) - jnp.log(log_weights.shape[1])


def temperature(share: Float[Array, ""], schedule: str) -> Float[Array, ""]:
    """β at this share of the way, exactly 0 and 1 at its ends."""
    if schedule == "linear":
        return share
    low, here = (jax.nn.sigmoid(SLOPE * (2 * at - 1)) for at in (jnp.zeros(()), share))
    return jnp.where(share == 1, 1.0, (here - low) / (1 - 2 * low))


def _checked(model: Autoencoder, params: PyTree, key, batch: Batch, how: Annealing, exact: PyTree = None) -> Annealed:
    require_continuous(model, params, batch, posterior=how.start == "posterior")
    static = how._replace(temperatures=0, leapfrogs=0)  # these two may vary without another program
    return _annealed(model, params, key, batch, how.temperatures, how.leapfrogs, static, exact)


@partial(jax.jit, static_argnums=(0, 6))
def _annealed(model, params, key, batch: Batch, count, leapfrogs, how: Annealing, exact: PyTree = None) -> Annealed:
    way = ends(model, params, key_named(key, "width"), batch, how.start)
    schedule = partial(temperature, schedule=how.schedule)
    pace = found_pace(way, key_named(key, "pace"), batch.index, schedule, leapfrogs)
    walk = partial(_walked, way, pace, schedule, key_named(key, "walk"), batch.index, count, leapfrogs)
    if exact is None:
        return walk(way.draw(key_named(key, "start"), how.chains), back=False)
    return walk(jnp.repeat(flat(exact)[:, None], how.chains, 1), back=True)


def _walked(way: Ends, pace: Pace, schedule, key, index, count, leapfrogs, z: Codes, *, back: bool) -> Annealed:
    """Codes taken along the way: a weight's part where they stand, then a transition at the next level, T times.

    On the way back from level T, `LOOSENED` transitions at that level come first, and add nothing to a weight.
    """

    def share(turn):  # of the way, where turn −1 is the first place
        return jnp.clip((count - 1 - turn) if back else turn + 1, 0, count) / count

    def weighed(turn, place: Place, total: Total) -> Total:
        rise = jnp.abs(schedule(share(turn)) - schedule(share(turn - 1)))
        return total.plus(rise * (place.logs[1] - place.logs[0]))

    def turned(turn, carry):
        place, total, accepted = carry
        total, beta = weighed(turn, place, total), schedule(share(turn))
        place, taken = transition(
            way.factors,
            (1 - beta, beta),
            place,
            jax.random.fold_in(key, turn + LOOSENED),
            index,
            step=pace.step(share(turn), beta),
            leapfrogs=leapfrogs,
        )
        return place, total, accepted + taken.mean(1)

    zeros = jnp.zeros(z.shape[:2])
    first = -LOOSENED if back else 0
    carry = (look(way.factors, z), Total(zeros, zeros), jnp.zeros(len(z)))
    place, total, accepted = jax.lax.fori_loop(first, count - 1, turned, carry)
    log_weights = weighed(count - 1, place, total).sum
    return Annealed(log_weights, accepted / jnp.maximum(count - 1 - first, 1))

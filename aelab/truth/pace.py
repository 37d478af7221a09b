"""How far the steps of a chain may go on each section of the way, found by chains of their own.

Steps that adapt while they are used would make weights depend on the past, and a bound would no longer be one. So a few
chains go ahead with a key of their own. Each adapts its steps; the steps that they end with are then fixed.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.truth.ends import Ends
from aelab.truth.hamiltonian import adapted, look, transition

SECTIONS = 10  # of the way, each with a step size of its own
TRIES = 10  # transitions in which it is found
LONGEST = 1.0  # step, in widths of the density: of few numbers, longer ones are accepted too, and mix worse
PILOTS = 2  # chains that go ahead, of each event

Schedule = Callable[[Float[Array, ""]], Float[Array, ""]]  # from the share of the way to β


class Pace(NamedTuple):
    """The step of each number of a code, anywhere on the way: ε of a section times how wide f_β is in that number.

    If start and target were normal with these variances v, that of f_β would be 1 / ((1 − β) / v_0 + β / v_1).
    """

    log_steps: Float[Array, "section batch"]  # log ε
    variances: tuple[Float[Array, "batch number"], Float[Array, "batch number"]]

    def step(self, share: Float[Array, ""], beta: Float[Array, ""]) -> Float[Array, "batch 1 number"]:
        """At this share of the way, where β is `beta`."""
        section = jnp.clip(jnp.int32(share * SECTIONS), 0, SECTIONS - 1)
        return (jnp.exp(self.log_steps[section])[:, None] * width(self.variances, beta))[:, None]


def width(variances: tuple[Array, Array], beta: Float[Array, ""]) -> Float[Array, "batch number"]:
    """The standard deviation of each number under f_β, if both ends were normal and their numbers independent."""
    start, target = (1 / jnp.maximum(variance, 1e-12) for variance in variances)
    return jax.lax.rsqrt((1 - beta) * start + beta * target)


def found_pace(
    way: Ends, key: Key[Array, ""], index: Int[Array, "batch"] | None, schedule: Schedule, leapfrogs: int | Array
) -> Pace:
    """The steps with which chains that go ahead have about `AIM` of their proposals accepted."""
    of_start, of_walk = jax.random.split(key)
    place = look(way.factors, way.draw(of_start, PILOTS))
    rows, _, numbers = place.z.shape

    def section(carry, number):
        beta = schedule((number + 0.5) / SECTIONS)
        scale, powers = width(way.variances, beta)[:, None], (1 - beta, beta)

        def tried(attempt, carry):
            place, log_step = carry
            own = jax.random.fold_in(of_walk, number * TRIES + attempt)
            step = jnp.exp(log_step)[..., None] * scale
            place, taken = transition(way.factors, powers, place, own, index, step=step, leapfrogs=leapfrogs)
            return place, jnp.minimum(adapted(log_step, taken), jnp.log(LONGEST))

        carry = jax.lax.fori_loop(0, TRIES, tried, carry)
        return carry, carry[1].mean(1)

    first = jnp.full((rows, PILOTS), -0.25 * jnp.log(numbers))  # errors grow with the fourth root of the numbers
    _, log_steps = jax.lax.scan(section, (place, first), jnp.arange(SECTIONS))
    return Pace(log_steps, way.variances)

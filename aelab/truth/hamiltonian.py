"""Hamiltonian Monte Carlo: draws from a density that is known up to a constant, by following its gradient.

    H(z, r) = −log f(z) + ½ |r|²

A code z is moved like a ball with momentum r that rolls in the landscape −log f. H would stay as it is if time were
continuous. It changes a little, because time goes in steps, and a Metropolis correction makes up for that: the end of
the way is taken with probability min(1, exp(−ΔH)), else z stays. So f is left exactly as it is, whatever the step
size. Neal 2011, MCMC using Hamiltonian dynamics, arXiv:1206.1901, sections 2.3 and 3.

The density is a product of factors with powers, log f(z) = Σ_i power_i · log f_i(z), as annealing needs it. What the
factors say of a place is kept, so a place is looked at once, whatever the powers are.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from aelab.distributions import draw

AIM = 0.65  # share of proposals to accept, the best one of many dimensions (Neal 2011, section 4.4; Wu et al. 2017)
GAIN = 0.2  # of a step's logarithm
JITTER = (0.4, 1.2)  # between these shares of a step each transition draws its own, and so never goes in a circle

Codes = Float[Array, "batch chain number"]
Factor = Callable[[Codes], Float[Array, "batch chain"]]  # log f_i
Powers = Sequence[Array | float]  # one for each factor


class Place(NamedTuple):
    """Codes, and what each factor of the density says of them."""

    z: Codes
    logs: tuple[Float[Array, "batch chain"], ...]  # nats
    slopes: tuple[Codes, ...]  # their gradients in z

    def log_density(self, powers: Powers) -> Float[Array, "batch chain"]:
        """log f(z), in nats, up to a constant."""
        return _weighted(powers, self.logs)

    def gradient(self, powers: Powers) -> Codes:
        """∇ log f(z)."""
        return _weighted(powers, self.slopes)


def _weighted(powers: Powers, values: Sequence[Array]) -> Array:
    total = powers[0] * values[0]
    for power, value in zip(powers[1:], values[1:], strict=True):
        total = total + power * value
    return total


def look(factors: Sequence[Factor], z: Codes) -> Place:
    """What the factors say of codes."""
    logs, slopes = [], []
    for factor in factors:
        log, pull = jax.vjp(factor, z)
        logs.append(log)
        slopes.append(pull(jnp.ones_like(log))[0])
    return Place(z, tuple(logs), tuple(slopes))


def leapfrog(
    factors: Sequence[Factor],
    powers: Powers,
    place: Place,
    momentum: Codes,
    step: Float[Array, "..."],
    count: int | Int[Array, ""],
) -> tuple[Place, Codes]:
    """Where so many steps lead, and the momentum there (Neal 2011, eq. 2.28 to 2.30).

        r ← r + ½ ε ∇log f(z),  z ← z + ε r,  r ← r + ½ ε ∇log f(z)

    The way back is the same with the momentum turned round, and no volume is lost. `step` is ε, one number for each
    number of a code or any shape that broadcasts to it: small numbers of a code may take small steps.
    """
    momentum = momentum + 0.5 * step * place.gradient(powers)

    def whole(_, moving):
        z, momentum = moving
        z = z + step * momentum
        return z, momentum + step * look(factors, z).gradient(powers)

    z, momentum = jax.lax.fori_loop(1, count, whole, (place.z, momentum))
    end = look(factors, z + step * momentum)
    return end, momentum + 0.5 * step * end.gradient(powers)


def transition(
    factors: Sequence[Factor],
    powers: Powers,
    place: Place,
    key: Key[Array, ""],
    index: Int[Array, "batch"] | None,
    *,
    step: Float[Array, "..."],
    leapfrogs: int | Int[Array, ""],
) -> tuple[Place, Float[Array, "batch chain"]]:
    """The next place of each chain, and 1 where the proposal was accepted, else 0.

    It leaves f as it is, and is its own reverse. What a row draws depends on (key, its number in `index`) alone. A
    proposal whose energy is not finite is never accepted. Steps of one length could lead back to where they began, turn
    after turn. So each chain takes a random share of them (Neal 2011, section 3.2).
    """
    of_momentum, of_choice, of_length = jax.random.split(key, 3)
    low, high = JITTER
    lengths = draw(jax.random.uniform, of_length, place.z.shape[:2], index)
    step = step * (low + (high - low) * lengths)[..., None]
    momentum = draw(jax.random.normal, of_momentum, place.z.shape, index)
    end, momentum_there = leapfrog(factors, powers, place, momentum, step, leapfrogs)
    gain = end.log_density(powers) - place.log_density(powers)
    gain = gain + 0.5 * (jnp.square(momentum) - jnp.square(momentum_there)).sum(-1)  # −ΔH
    chance = jnp.exp(jnp.minimum(jnp.where(jnp.isfinite(gain), gain, -jnp.inf), 0.0))
    taken = draw(jax.random.uniform, of_choice, chance.shape, index) < chance

    def chosen(there: Array, here: Array) -> Array:
        return jnp.where(taken.reshape(taken.shape + (1,) * (there.ndim - 2)), there, here)

    return jax.tree.map(chosen, end, place), taken.astype(place.z.dtype)


def adapted(log_step: Float[Array, "*shape"], taken: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The logarithm of each chain's next step size: it stays the same in the mean where `AIM` of all are accepted.

    It heeds whether a proposal was accepted, and not how likely that was. Of few numbers the likelihood is so steep in
    the step size that the last bits of a sum would be all that decides after some turns.

    A chain whose steps adapt has no exact target. So it serves to find the steps, and its codes are not used.
    """
    return log_step + GAIN * (taken - AIM)

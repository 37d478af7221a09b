"""Hamiltonian Monte Carlo: a way that can be gone back, and draws from a density that is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.truth.hamiltonian import AIM, adapted, leapfrog, look, transition

MEAN, COVARIANCE = np.array([1.0, -2.0]), np.array([[1.0, 0.6], [0.6, 0.5]])


def bent(z):
    """A density that is no normal: a ring, and a slope along it."""
    return -jnp.square(jnp.square(z).sum(-1) - 2) + z[..., 0]


def normal(z):
    away = z - MEAN
    return -0.5 * jnp.einsum("bci,ij,bcj->bc", away, np.linalg.inv(COVARIANCE), away)


@jax.jit
def moved(z, momentum):
    place = look((bent,), z)
    end, momentum = leapfrog((bent,), (1.0,), place, momentum, jnp.float32(0.11), 7)
    return end.z, momentum


def test_the_way_leads_back_when_the_momentum_is_turned_round():
    z, momentum = jax.random.normal(jax.random.key(0), (2, 3, 4, 2))
    there, fast = moved(z, momentum)
    back, momentum_back = moved(there, -fast)
    assert np.abs(there - z).max() > 0.5
    np.testing.assert_allclose(back, z, atol=2e-5)
    np.testing.assert_allclose(momentum_back, -momentum, atol=2e-5)


def test_no_volume_is_lost_on_the_way():
    start = jax.random.normal(jax.random.key(1), (4,))

    def flow(state):
        return jnp.concatenate(moved(state[None, None, :2], state[None, None, 2:]), -1)[0, 0]

    volume = np.linalg.det(jax.jit(jax.jacfwd(flow))(start))  # forwards: a loop of unknown length has no way back
    np.testing.assert_allclose(volume, 1, atol=1e-5)


def walk(factor, z, turns, log_step, adapt):
    """Places after each of so many transitions, with whether a proposal was accepted."""

    def turn(carry, key):
        place, log_step = carry
        place, taken = transition((factor,), (1.0,), place, key, None, step=jnp.exp(log_step)[..., None], leapfrogs=3)
        log_step = adapted(log_step, taken) if adapt else log_step
        return (place, log_step), (place.z, taken)

    start = (look((factor,), z), log_step)
    return jax.lax.scan(turn, start, jax.random.split(jax.random.key(adapt), turns))


def settled(factor, z, turns):
    """Draws after the steps were found, what was accepted while they were looked for, and behind it."""
    (place, log_step), (_, found) = walk(factor, z, 100, jnp.full(z.shape[:2], -2.0), True)
    _, (z, taken) = walk(factor, place.z, turns, jnp.broadcast_to(log_step.mean(), log_step.shape), False)
    return z[:, 0], found, taken


def test_draws_have_the_moments_of_a_known_normal():
    """400 chains of 100."""
    z = np.asarray(jax.jit(lambda z: settled(normal, z, 100)[0])(jnp.zeros((1, 400, 2))))
    by_chain = z.mean(0)
    error = by_chain.std(0, ddof=1) / np.sqrt(len(by_chain))
    np.testing.assert_array_less(np.abs(by_chain.mean(0) - MEAN), 4 * error)
    products = np.einsum("tci,tcj->cij", z - MEAN, z - MEAN) / len(z)
    error = products.std(0, ddof=1) / np.sqrt(len(products))
    np.testing.assert_array_less(np.abs(products.mean(0) - COVARIANCE), 4 * error)
    assert error.max() < 0.02


def test_steps_adapt_until_as_many_proposals_are_accepted_as_is_aimed_at():
    def uneven(z):
        return -0.5 * jnp.square(z / jnp.linspace(0.5, 1.5, 40)).sum(-1)

    _, found, taken = jax.jit(lambda z: settled(uneven, z, 50))(jnp.zeros((1, 100, 40)))
    assert found[:5].mean() > 0.95  # from steps that were far too short
    assert taken.mean() == pytest.approx(AIM, abs=0.07)


def test_a_place_without_a_density_is_never_gone_to():
    """Exponential on the right of 0, and NaN on its left."""
    z = jnp.ones((1, 200, 1))
    half = jax.jit(lambda z: walk(lambda z: -z[..., 0] + 0 * jnp.log(z[..., 0]), z, 50, jnp.zeros((1, 200)), False))
    _, (z, _) = half(z)
    assert z.min() > 0
    assert np.isfinite(z).all()
    assert z[10:].mean() == pytest.approx(1, abs=0.15)


def test_factors_count_by_their_powers():
    z = jax.random.normal(jax.random.key(2), (1, 3, 2))
    place = jax.jit(lambda z: look((bent, normal), z))(z)
    mixed = jax.jit(lambda z: look((lambda z: 0.3 * bent(z) + 0.7 * normal(z),), z))(z)
    np.testing.assert_allclose(place.log_density((0.3, 0.7)), mixed.logs[0], rtol=1e-5)
    np.testing.assert_allclose(place.gradient((0.3, 0.7)), mixed.slopes[0], rtol=1e-5, atol=1e-6)

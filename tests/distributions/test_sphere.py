"""Directions: the normaliser and the divergence against numerical integrals, draws against their distribution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

from aelab.distributions import UniformSphere, VonMisesFisher, has_closed_form
from aelab.distributions.sphere import cosine, log_area, unit

KAPPA = np.float32([0.05, 1, 7, 40, 300])
ANGLES = np.linspace(0, np.pi, 200_001)


def along(dims, values):
    """∫ over the sphere of a function of the angle to μ, of which there are `values` at `ANGLES`."""
    ring = np.exp(log_area(dims - 1)) * np.sin(ANGLES) ** (dims - 2)
    return scipy.integrate.simpson(values * ring, x=ANGLES)


def at(dims, kappa):
    """The distribution around the first axis, one row for each κ."""
    direction = jnp.zeros((len(kappa), dims)).at[:, 0].set(1)
    return VonMisesFisher(direction, jnp.asarray(kappa))


@pytest.mark.parametrize("dims", [3, 10])
def test_the_normaliser_and_the_divergence_are_integrals(dims):
    q = at(dims, KAPPA)
    rate = q.divergence(UniformSphere(jnp.zeros(dims)), jnp.zeros((len(KAPPA), dims)))
    for log_c, kappa, mean, found in zip(q.log_normaliser, np.float64(KAPPA), q.resultant, rate, strict=True):
        log_density = float(log_c) + kappa * np.cos(ANGLES)
        density = np.exp(log_density)
        np.testing.assert_allclose(along(dims, density), 1, rtol=2e-4)
        np.testing.assert_allclose(along(dims, density * np.cos(ANGLES)), mean, rtol=5e-4)
        exact = along(dims, density * (log_density + log_area(dims)))
        np.testing.assert_allclose(found, exact, rtol=1e-3, atol=2e-4)


def test_the_area_of_the_sphere_is_known():
    np.testing.assert_allclose(np.exp([log_area(2), log_area(3)]), [2 * np.pi, 4 * np.pi], rtol=1e-6)
    p = UniformSphere(jnp.zeros(3))
    np.testing.assert_allclose(p.log_prob(jnp.eye(3)), -np.log(4 * np.pi), rtol=1e-6)
    assert not has_closed_form(at(3, KAPPA), p)  # it is its own, by `divergence`


@pytest.mark.parametrize("dims", [2, 5])
def test_draws_have_the_cosines_of_the_distribution(dims):
    kappa = np.repeat(np.float32([0.5, 30]), 3000)
    direction = unit(jnp.asarray(np.random.default_rng(0).normal(size=(1, dims)).astype("f4")))
    q = VonMisesFisher(jnp.repeat(direction, len(kappa), 0), jnp.asarray(kappa))
    z = np.float64(q.sample(jax.random.key(1)))
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, rtol=1e-5)
    for part, own in zip(np.split(z, 2), (0.5, 30), strict=True):
        weights = np.exp(own * (np.cos(ANGLES) - 1)) * np.sin(ANGLES) ** (dims - 2)
        below = np.cumsum(weights) / weights.sum()
        angle = np.arccos(np.clip(part @ np.float64(direction[0]), -1, 1))
        assert scipy.stats.kstest(angle, lambda a, below=below: np.interp(a, ANGLES, below)).pvalue > 1e-3
        across = part - (part @ np.float64(direction[0]))[:, None] * np.float64(direction)
        assert np.abs(across.mean(0)).max() < 5 / np.sqrt(len(part))


def test_the_slope_of_a_draw_is_that_of_the_quantile():
    """dw/dκ, against differences of the inverse distribution function by integration in float64."""
    kappa, share, step, dims = 6.0, np.float32([0.1, 0.5, 0.9]), 0.05, 4

    def quantile(kappa):
        weights = np.exp(kappa * (np.cos(ANGLES) - 1)) * np.sin(ANGLES) ** (dims - 2)
        below = np.cumsum(weights) / weights.sum()
        return np.cos(np.interp(1 - np.float64(share), below, ANGLES))

    value, slope = jax.vmap(jax.value_and_grad(cosine, 1), (0, None, None))(share, kappa, dims)
    np.testing.assert_allclose(value, quantile(kappa), rtol=1e-3)
    expected = (quantile(kappa + step) - quantile(kappa - step)) / (2 * step)
    np.testing.assert_allclose(slope, expected, rtol=0.02)

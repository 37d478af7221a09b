"""The continuous Bernoulli against its integral over [0, 1], its limit at ½, and numerical means."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate
import scipy.special
import scipy.stats

from aelab.distributions import ContinuousBernoulli
from aelab.distributions.continuous_bernoulli import log_normaliser

LOGITS = np.float32([-60, -9, -2, -0.26, -0.24, -1e-3, 0, 1e-6, 0.1, 0.24, 0.26, 1, 7, 50])
GRID = np.linspace(0, 1, 20_001)


def integral(values):
    return scipy.integrate.simpson(values, x=GRID, axis=-1)


def test_the_normaliser_is_that_of_the_paper():
    """C(λ) = 2 artanh(1 − 2λ) / (1 − 2λ), 2 at λ = ½; its slope is finite there, and 0."""
    value, slope = jax.jit(jax.vmap(jax.value_and_grad(log_normaliser)))(LOGITS)
    rate = scipy.special.expit(np.float64(LOGITS))
    plain = abs(LOGITS) > 0.01
    plain &= abs(LOGITS) < 20  # where 1 − 2λ does not round to 1
    exact = np.log(2 * np.arctanh(1 - 2 * rate[plain]) / (1 - 2 * rate[plain]))
    np.testing.assert_allclose(value[plain], exact, rtol=1e-6)
    at_half = LOGITS.tolist().index(0)
    np.testing.assert_allclose(value[at_half], np.log(2), rtol=1e-7)
    assert slope[at_half] == 0
    assert np.isfinite(slope).all()
    a = np.float64(LOGITS[plain])
    np.testing.assert_allclose(slope[plain], 1 / a - 1 / np.sinh(a), rtol=1e-4, atol=1e-6)


def test_it_integrates_to_one_and_has_its_mean():
    d = ContinuousBernoulli(jnp.asarray(LOGITS)[:, None])
    density = np.exp(np.float64(jax.vmap(d.log_density, 1, 1)(jnp.float32(GRID[None, :, None]))[..., 0]))
    np.testing.assert_allclose(integral(density), 1, rtol=1e-4)
    np.testing.assert_allclose(integral(density * GRID), d.mean[:, 0], rtol=2e-4, atol=1e-5)
    assert ((d.mean > 0) & (d.mean < 1)).all()


def test_it_is_a_coin_times_its_normaliser():
    x = np.random.default_rng(0).uniform(size=(len(LOGITS), 3)).astype("f4")
    logits = np.repeat(LOGITS[:, None], 3, 1)
    coin = x * np.float64(logits) - np.logaddexp(0, np.float64(logits))
    expected = (coin + np.float64(log_normaliser(logits))).sum(1)
    np.testing.assert_allclose(ContinuousBernoulli(logits).log_prob(x), expected, rtol=1e-5, atol=1e-5)


def test_draws_are_of_the_distribution():
    chosen = np.float32([-60, -2, 0, 1, 7])
    x = ContinuousBernoulli(jnp.broadcast_to(chosen, (10_000, 5))).sample(jax.random.key(0))
    assert ((x >= 0) & (x <= 1)).all()
    for column, a in enumerate(np.float64(chosen)):
        of = scipy.stats.uniform.cdf if a == 0 else lambda t, a=a: np.expm1(a * np.clip(t, 0, 1)) / np.expm1(a)
        assert scipy.stats.kstest(np.asarray(x[:, column]), of).pvalue > 1e-3, a

"""The Laplace distribution against scipy and numpyro."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import scipy.stats

from aelab.distributions import Laplace

RNG = np.random.default_rng(0)
MEAN, LOG_SCALE, X = RNG.normal(size=(3, 4, 5)).astype("f4")


def test_log_prob_is_scipys_and_numpyros():
    d = Laplace(MEAN, LOG_SCALE)
    oracle = scipy.stats.laplace(np.float64(MEAN), np.exp(np.float64(LOG_SCALE))).logpdf(X)
    np.testing.assert_allclose(d.log_density(X), oracle, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(d.log_prob(X), oracle.sum(1), rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(X), npd.Laplace(MEAN, np.exp(LOG_SCALE)).to_event(1).log_prob(X), rtol=1e-5)


def test_draws_are_of_the_distribution():
    z = Laplace(jnp.full((20_000, 1), 2.0), jnp.log(3.0)).sample(jax.random.key(0))
    assert scipy.stats.kstest(z[:, 0], scipy.stats.laplace(2, 3).cdf).pvalue > 1e-3


def test_a_draw_has_derivatives_in_location_and_scale():
    """dz/dμ = 1, dz/d log b = z − μ."""
    key = jax.random.key(1)

    @jax.jit
    def slopes(mean, log_scale):
        z = Laplace(mean, log_scale).sample(key)
        return z, jax.grad(lambda *d: Laplace(*d).sample(key).sum(), (0, 1))(mean, log_scale)

    z, (by_mean, by_scale) = slopes(MEAN, LOG_SCALE)
    np.testing.assert_allclose(by_mean, 1)
    np.testing.assert_allclose(by_scale, z - MEAN, rtol=1e-4, atol=1e-6)

"""Student's t distribution against scipy and numpyro, and its limits: Cauchy's and the normal distribution."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import pytest
import scipy.stats

from aelab.distributions import Normal, StudentT

RNG = np.random.default_rng(0)
CENTRE, LOG_SCALE, X = RNG.normal(size=(3, 4, 5)).astype("f4")


@pytest.mark.parametrize("freedom", [0.7, 5.0, 40.0])
def test_log_prob_is_scipys_and_numpyros(freedom):
    d = StudentT(CENTRE, LOG_SCALE, np.float32(freedom))
    oracle = scipy.stats.t(freedom, np.float64(CENTRE), np.exp(np.float64(LOG_SCALE))).logpdf(X)
    np.testing.assert_allclose(d.log_density(X), oracle, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(d.log_prob(X), oracle.sum(1), rtol=1e-5)
    theirs = npd.StudentT(freedom, CENTRE, np.exp(LOG_SCALE)).to_event(1).log_prob(X)
    np.testing.assert_allclose(d.log_prob(X), theirs, rtol=1e-5)


def test_with_many_degrees_of_freedom_it_is_normal():
    """And with one it is Cauchy's."""
    many = StudentT(CENTRE, LOG_SCALE, np.float32(1e4)).log_density(X)
    np.testing.assert_allclose(many, Normal(CENTRE, 2 * LOG_SCALE).log_density(X), atol=0.02)
    one = StudentT(CENTRE, LOG_SCALE, np.float32(1)).log_density(X)
    oracle = scipy.stats.cauchy(CENTRE, np.exp(LOG_SCALE)).logpdf(X)
    np.testing.assert_allclose(one, oracle, rtol=1e-4, atol=1e-5)


def test_draws_are_of_the_distribution():
    z = StudentT(jnp.full((20_000, 1), 2.0), jnp.log(3.0), jnp.float32(4.0)).sample(jax.random.key(0))
    assert scipy.stats.kstest(z[:, 0], scipy.stats.t(4, 2, 3).cdf).pvalue > 1e-3

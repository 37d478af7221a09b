"""The diagonal normal against scipy, numpyro and closed forms; its draws as functions of mean and deviation."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import pytest
import scipy.stats
from distribution_cases import BATCH, EVENT, normal

from aelab.distributions import Normal
from aelab.priors import standard_normal


def test_normal_log_prob_is_scipys_and_numpyros():
    d, x = normal(0), jax.random.normal(jax.random.key(1), (BATCH, EVENT))
    sigma = np.exp(0.5 * np.float64(d.log_variance))
    np.testing.assert_allclose(d.log_prob(x), scipy.stats.norm(np.float64(d.mean), sigma).logpdf(x).sum(1), rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(x), npd.Normal(d.mean, d.stddev).to_event(1).log_prob(x), rtol=1e-5)


def test_a_normal_without_a_batch_gives_one_number_per_example():
    x = jax.random.normal(jax.random.key(0), (BATCH, EVENT))
    oracle = scipy.stats.multivariate_normal(np.zeros(EVENT)).logpdf(x)
    np.testing.assert_allclose(standard_normal(EVENT).log_prob(x), oracle, rtol=1e-5)


def test_normal_log_prob_has_the_derivatives_of_the_closed_form():
    d, x = normal(0), jax.random.normal(jax.random.key(1), (BATCH, EVENT))
    by_mean, by_log_variance = jax.grad(lambda d: d.log_prob(x).sum())(d)
    precision = np.exp(-np.float64(d.log_variance))
    np.testing.assert_allclose(by_mean, (x - d.mean) * precision, rtol=1e-5)
    np.testing.assert_allclose(by_log_variance, 0.5 * ((x - d.mean) ** 2 * precision - 1), rtol=1e-4, atol=1e-6)


# Exactly, where programs are compiled as users compile them, which the fast tests do not.
EXACT = pytest.param(2.0, 1.0, 0, marks=pytest.mark.long)


@pytest.mark.parametrize(("mean", "sigma", "rtol"), [EXACT, (-1.0, 0.3, 1e-6)])
def test_the_derivative_of_a_draw_is_one_in_the_mean_and_epsilon_in_sigma(mean, sigma, rtol):
    key, shape = jax.random.key(0), (BATCH, EVENT)
    rows = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(BATCH))
    epsilon = jax.vmap(lambda row: jax.random.normal(row, (EVENT,)))(rows)

    def z(mean, sigma):
        return Normal(mean, 2 * jnp.log(sigma)).sample(key)

    def derivatives(mean, sigma):  # of each entry of z in its own entries of the mean and of sigma
        ones, zeros = jnp.ones(shape), jnp.zeros(shape)
        args = (mean, sigma)
        return jax.jvp(z, args, (ones, zeros))[1], jax.jvp(z, args, (zeros, ones))[1]

    where = jnp.full(shape, mean), jnp.full(shape, sigma)
    by_mean, by_sigma = derivatives(*where)
    np.testing.assert_array_equal(by_mean, 1)
    np.testing.assert_allclose(by_sigma, epsilon, rtol=rtol)
    np.testing.assert_allclose(z(*where), mean + sigma * epsilon, rtol=1e-5)


N = 100_000


def gradients(f, mu, log_variance, reparameterised):
    """N independent one-draw estimates of d E[f(z)] / d(μ, log σ²) under N(μ, σ²)."""

    def surrogate(mean, log_variance):
        q = Normal(mean, log_variance)
        z = q.sample(jax.random.key(3))
        if reparameterised:
            return f(z[:, 0]).sum()
        z = jax.lax.stop_gradient(z)
        return (f(z[:, 0]) * q.log_prob(z)).sum()

    by_row = jax.jit(jax.grad(surrogate, (0, 1)))(jnp.full((N, 1), mu), jnp.full((N, 1), log_variance))
    return np.float64(jnp.concatenate(by_row, 1))


def test_reparameterised_and_score_function_gradients_agree_in_mean():
    paths, scores = [gradients(lambda z: jnp.sin(2 * z) + z**2, 0.7, -0.4, way) for way in (True, False)]
    error = np.sqrt((paths.var(0) + scores.var(0)) / N)
    assert (abs(paths.mean(0) - scores.mean(0)) < 4 * error).all()
    assert (paths.var(0) < scores.var(0)).all()
    mu, variance = 0.7, np.exp(-0.4)  # E sin 2z = sin 2μ exp(−2σ²), E z² = μ² + σ²
    fading = np.exp(-2 * variance)
    exact = [2 * np.cos(2 * mu) * fading + 2 * mu, variance * (1 - 2 * np.sin(2 * mu) * fading)]
    assert (abs(paths.mean(0) - exact) < 4 * np.sqrt(paths.var(0) / N)).all()


def test_draws_held_as_data_have_no_gradient():
    def held(q):
        return jnp.square(jax.lax.stop_gradient(q.sample(jax.random.key(0)))).sum()

    for leaf in jax.grad(held)(normal(0)):
        np.testing.assert_array_equal(leaf, 0)

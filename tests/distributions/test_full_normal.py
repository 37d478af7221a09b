"""The full-covariance normal against scipy, its divergences in float64, and its draws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from aelab.distributions import FullNormal, Normal, kl
from aelab.objectives import divergence

RNG = np.random.default_rng(0)
ROWS, DIMS = 4, 3
MEAN = RNG.normal(size=(ROWS, DIMS)).astype("f4")
FACTOR = np.tril(RNG.normal(size=(ROWS, DIMS, DIMS))).astype("f4")
FACTOR[:, range(DIMS), range(DIMS)] = np.exp(0.5 * RNG.normal(size=(ROWS, DIMS)))
COVARIANCE = np.float64(FACTOR) @ np.float64(FACTOR).swapaxes(1, 2)
Q = FullNormal(jnp.asarray(MEAN), jnp.asarray(FACTOR))
X = RNG.normal(size=(ROWS, DIMS)).astype("f4")


def test_log_prob_is_scipys():
    each = [scipy.stats.multivariate_normal(*own).logpdf(x) for *own, x in zip(MEAN, COVARIANCE, X, strict=True)]
    np.testing.assert_allclose(Q.log_prob(X), each, rtol=1e-5)
    first = scipy.stats.multivariate_normal(MEAN[0], COVARIANCE[0]).logpdf(X)
    np.testing.assert_allclose(FullNormal(Q.mean[0], Q.factor[0]).log_prob(X), first, rtol=1e-5)  # without a batch


def test_places_of_a_grid_are_independent():
    whole = FullNormal(Q.mean.reshape(2, 2, DIMS), Q.factor.reshape(2, 2, DIMS, DIMS))
    each = np.asarray(Q.log_prob(X)).reshape(2, 2)
    x = X.reshape(2, 2, DIMS)
    np.testing.assert_allclose(whole.log_prob(x), each.sum(1), rtol=1e-5)
    np.testing.assert_allclose(
        whole.log_prob(x, np.array([[1, 0], [1, 1]], bool)), [each[0, 0], each[1].sum()], rtol=1e-5
    )


def test_the_divergence_from_a_diagonal_normal_is_the_closed_form():
    mean, log_variance = RNG.normal(size=(2, DIMS)).astype("f4")
    found = divergence(Q, Normal(mean, log_variance), X, lambda: pytest.fail("no draw is needed"))
    precision = np.diag(np.exp(-np.float64(log_variance)))
    shift = np.float64(mean) - MEAN
    traces = np.trace(precision @ COVARIANCE, axis1=1, axis2=2)
    logs = np.float64(log_variance).sum() - np.linalg.slogdet(COVARIANCE)[1]
    expected = 0.5 * (traces + np.einsum("ri,ij,rj->r", shift, precision, shift) - DIMS + logs)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_with_a_diagonal_factor_it_is_the_diagonal_normal():
    log_deviation = RNG.normal(size=(ROWS, DIMS)).astype("f4")
    q = FullNormal(Q.mean, jnp.exp(log_deviation)[..., None] * jnp.eye(DIMS))
    same = Normal(Q.mean, 2 * log_deviation)
    np.testing.assert_allclose(q.log_prob(X), same.log_prob(X), rtol=1e-5)
    p = Normal(jnp.zeros(DIMS), jnp.zeros(DIMS))
    np.testing.assert_allclose(q.divergence(p, X), kl(same, p), rtol=1e-5)


def test_draws_have_the_covariance():
    n = 20_000
    q = FullNormal(jnp.broadcast_to(Q.mean[0], (n, DIMS)), jnp.broadcast_to(Q.factor[0], (n, DIMS, DIMS)))
    z = np.float64(q.sample(jax.random.key(0)))
    np.testing.assert_allclose(z.mean(0), MEAN[0], atol=5 * COVARIANCE[0].max() ** 0.5 / n**0.5)
    np.testing.assert_allclose(np.cov(z, rowvar=False), COVARIANCE[0], atol=6 * COVARIANCE[0].max() / n**0.5)

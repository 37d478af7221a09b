"""The total correlation of a mixture of posteriors."""

import jax.numpy as jnp
import numpy as np
import pytest

from aelab.evaluation.total_correlation import of_mixture


def test_of_codes_that_are_normal_together_it_is_that_of_their_correlation():
    """−½ log det R: means of covariance A, each with a variance of 0.2 around it, are N(0, A + 0.2 I) together."""
    rng, covariance = np.random.default_rng(0), np.array([[1.0, 0.7], [0.7, 1.5]])
    mean = rng.multivariate_normal(np.zeros(2), covariance, 2000).astype("f4")
    z = mean[:500] + np.sqrt(0.2) * rng.standard_normal((500, 2))
    whole = covariance + 0.2 * np.eye(2)
    correlation = whole / np.sqrt(np.outer(whole.diagonal(), whole.diagonal()))
    found = of_mixture(jnp.asarray(mean), jnp.full(mean.shape, np.log(0.2), "f4"), z.astype("f4"))
    assert found.mean() == pytest.approx(-0.5 * np.log(np.linalg.det(correlation)), abs=0.05)


def test_codes_on_a_grid_are_independent():
    mean = jnp.stack(jnp.meshgrid(jnp.arange(5.0), jnp.arange(4.0)), -1).reshape(-1, 2)
    z = np.random.default_rng(0).normal(2, 3, (20, 2)).astype("f4")
    np.testing.assert_allclose(of_mixture(mean, jnp.full(mean.shape, -1.0), z), 0, atol=1e-5)

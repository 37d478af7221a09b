"""The head of a full covariance against scipy, from the numbers that its dense layer gives."""

import jax
import numpy as np
import scipy.stats

from aelab import latents

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(4, 5)).astype("f4")
KERNEL, BIAS = RNG.normal(0, 0.4, (5, 9)).astype("f4"), RNG.normal(0, 0.4, 9).astype("f4")
PARAMS = {"params": {"mean_and_factor": {"kernel": KERNEL, "bias": BIAS}}}


def test_its_outputs_are_the_mean_and_the_triangular_factor():
    """Three numbers: a mean, the logarithms of the diagonal, and what is below it, row by row."""
    heads, z = np.float64(FEATURES @ KERNEL + BIAS), RNG.normal(size=(4, 3)).astype("f4")
    found = jax.jit(lambda z: latents.FullNormal(3).apply(PARAMS, FEATURES).log_prob(z))(z)
    for row in range(4):
        factor = np.diag(np.exp(heads[row, 3:6]))
        factor[[1, 2, 2], [0, 0, 1]] = heads[row, 6:]
        oracle = scipy.stats.multivariate_normal(heads[row, :3], factor @ factor.T)
        np.testing.assert_allclose(found[row], oracle.logpdf(z[row]), rtol=1e-4)


def test_a_place_that_does_not_exist_is_standard_normal():
    grid, mask = np.stack([FEATURES, 2 * FEATURES], 1), np.array([[True, False]] * 4)
    q = jax.jit(latents.FullNormal(3).apply)(PARAMS, grid, mask)
    np.testing.assert_array_equal(q.mean[:, 1], 0)
    np.testing.assert_array_equal(q.factor[:, 1], np.broadcast_to(np.eye(3), (4, 3, 3)))
    assert (np.abs(q.mean[:, 0]) > 0).all()

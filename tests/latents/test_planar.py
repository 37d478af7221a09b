"""Planar flows: the log-determinant against the Jacobian, the way back, and densities of draws."""

import jax
import numpy as np
from flows import check

from aelab import latents
from aelab.latents.planar import Steps

RNG = np.random.default_rng(0)
DIMS, STEPS, ROWS = 3, 4, 5


def test_the_volume_is_that_of_the_jacobian_and_the_inverse_leads_back():
    u = RNG.normal(size=(ROWS, DIMS)).astype("f4")
    context = 2 * RNG.normal(size=(1, STEPS * (2 * DIMS + 1))).astype("f4")

    def way(method):
        def one(row):
            z, log_volume = Steps().apply({}, row[None], context, method=method)
            return z[0], log_volume[0]

        return one

    jacobian = check(way("__call__"), way("inverse"), u, DIMS)
    assert abs(np.linalg.slogdet(jacobian)[1]).max() > 0.5  # the steps bend


def test_the_density_of_a_draw_is_that_of_the_inverse():
    features = RNG.normal(size=(ROWS, 6)).astype("f4")
    head = latents.Planar(DIMS, STEPS)
    params = head.init(jax.random.key(0), features)
    params = jax.tree.map(lambda leaf: 0.5 * RNG.normal(size=leaf.shape).astype("f4"), params)

    @jax.jit
    def both(params):
        q = head.apply(params, features)
        z, log_q = q.sample_and_log_prob(jax.random.key(1))
        return log_q, q.log_prob(z), z, q.sample(jax.random.key(1)), q.base.mean

    log_q, again, z, same, mean = both(params)
    np.testing.assert_allclose(again, log_q, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(z, same)
    assert (np.abs(z - mean) > 1e-3).all()

"""The learned flow: N(0, I) at first, its log-determinant against the Jacobian, and the way back."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats
from flows import check

from aelab.distributions import map_rows
from aelab.priors import LearnedFlow
from aelab.priors.flow import Couplings

RNG = np.random.default_rng(0)
SHAPE, DIMS = (2, 2), 4


def test_the_volume_is_that_of_the_jacobian_and_the_inverse_leads_back():
    flow, u = Couplings(SHAPE, 3, 6), RNG.normal(size=(5, DIMS)).astype("f4")
    shapes = jax.eval_shape(flow.init, jax.random.key(0), u)
    params = jax.tree.map(lambda leaf: 0.6 * RNG.normal(size=leaf.shape).astype("f4"), shapes)

    def way(method):
        def one(row):
            z, log_volume = flow.apply(params, row[None], method=method)
            return z[0], log_volume[0]

        return one

    jacobian = check(way("__call__"), way("inverse"), u, DIMS)
    assert (jacobian != 0).any(0).all()  # in three layers every number moves every other


def test_it_is_standard_normal_at_first_and_its_density_that_of_its_draws():
    prior = LearnedFlow(SHAPE, 2, 6)
    params = jax.jit(prior.init)(jax.random.key(0))
    z = RNG.normal(size=(5, *SHAPE)).astype("f4")

    @jax.jit
    def asked(params, z):
        p = prior.apply(params)
        drawn, log_p = map_rows(lambda leaf: leaf[None], p).sample_and_log_prob(jax.random.key(1))
        return p.log_prob(z), log_p, p.log_prob(drawn)

    np.testing.assert_allclose(asked(params, z)[0], scipy.stats.norm.logpdf(z).sum((1, 2)), rtol=1e-5)
    params = jax.tree.map(lambda leaf: leaf + 0.5 * RNG.normal(size=leaf.shape).astype("f4"), params)
    of_z, of_drawn, again = asked(params, z)
    np.testing.assert_allclose(again, of_drawn, rtol=1e-4)
    assert (np.abs(of_z - scipy.stats.norm.logpdf(z).sum((1, 2))) > 1e-2).all()
    assert jnp.isfinite(of_z).all()

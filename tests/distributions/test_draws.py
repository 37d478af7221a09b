"""Draws: their moments, and that a row depends on the key and its index alone."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
import scipy.stats
from distribution_cases import EVENT, FAMILY

from aelab.distributions import Bernoulli, GreyLevels, Normal, Point


def test_draws_have_the_moments_of_their_distribution():
    n = 50_000
    z = Normal(jnp.full((n, 1), 2.0), jnp.full((n, 1), 2 * jnp.log(3.0))).sample(jax.random.key(0))
    np.testing.assert_allclose(z.mean(), 2, atol=4 * 3 / n**0.5)
    np.testing.assert_allclose(z.var(), 9, rtol=4 * (2 / n) ** 0.5)
    assert scipy.stats.kstest(z[:, 0], scipy.stats.norm(2, 3).cdf).pvalue > 1e-3
    heads = Bernoulli(jnp.full((n, 1), -1.0)).sample(jax.random.key(1))
    assert set(np.unique(heads)) == {0, 1}
    np.testing.assert_allclose(heads.mean(), scipy.special.expit(-1), atol=2 / n**0.5)
    weights = jnp.array([0.0, 1.0, -1.0])
    levels = GreyLevels(jnp.broadcast_to(weights, (n, 1, 3))).sample(jax.random.key(2))
    shares = [(levels == level).mean() for level in (0, 0.5, 1)]
    np.testing.assert_allclose(shares, scipy.special.softmax(weights), atol=2 / n**0.5)
    mean = GreyLevels(weights[None, None]).mean
    np.testing.assert_allclose(levels.mean(), mean[0, 0], atol=2 / n**0.5)


@FAMILY
def test_a_rows_draw_depends_on_the_key_and_its_index_alone(make):
    params, key = jax.random.normal(jax.random.key(5), (10, EVENT)), jax.random.key(7)
    whole = make(params).sample(key)
    np.testing.assert_array_equal(make(params).sample(key), whole)
    np.testing.assert_array_equal(make(params).sample(key, jnp.arange(10)), whole)
    some = jnp.array([8, 0, 3, 9])
    np.testing.assert_array_equal(make(params[some]).sample(key, some), whole[some])
    alone = make(params[jnp.array([6])]).sample(key, jnp.array([6]))
    np.testing.assert_array_equal(alone[0], whole[6])
    if make is not Point:
        assert (make(params).sample(jax.random.key(8)) != whole).any()
        assert (make(params).sample(key, jnp.arange(10, 20)) != whole).any()
        equal_rows = make(jnp.broadcast_to(params[:1], params.shape)).sample(key)
        assert len(np.unique(equal_rows, axis=0)) > 1  # rows do not share their draw

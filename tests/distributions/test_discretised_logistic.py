"""The discretised logistic: its levels' probabilities against scipy in float64, their sum, their mean, its draws."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
import scipy.stats

from aelab.distributions import DiscretisedLogistic

LEVELS, PARTS, CASES = 9, 3, 5
GRID = np.linspace(0, 1, LEVELS).astype("f4")


def made(parts=PARTS, seed=0):
    """Five entries, one example each; the last has parts far outside and far narrower than a level."""
    rng = np.random.default_rng(seed)
    logits, centre, log_scale = rng.normal(size=(3, CASES, 1, parts)).astype("f4")
    centre, log_scale = 0.5 + 0.5 * centre, log_scale - 2
    centre[-1], log_scale[-1] = 3.0, -7.0
    return DiscretisedLogistic(*map(jnp.asarray, (logits, centre, log_scale, GRID)))


def by_hand(d):
    """P of each level, `[case, level]`, from differences of scipy's distribution function in float64."""
    ends = np.concatenate([[-np.inf], (np.float64(GRID[1:]) + np.float64(GRID[:-1])) / 2, [np.inf]])
    of = scipy.stats.logistic(np.float64(d.location), np.exp(np.float64(d.log_scale)))
    parts = np.diff(of.cdf(ends[:, None, None, None]), axis=0)
    weights = scipy.special.softmax(np.float64(d.logits), -1)
    return (parts * weights).sum(-1)[..., 0].T


def log_probabilities(d):
    return jax.jit(jax.vmap(lambda x: d.log_prob(jnp.full((CASES, 1), x))))(GRID).T


def test_the_probability_of_each_level_is_scipys():
    for parts in (1, PARTS):
        d = made(parts)
        found = np.float64(log_probabilities(d))
        assert np.isfinite(found).all()
        np.testing.assert_allclose(np.exp(found), by_hand(d), rtol=2e-4, atol=1e-6)


def test_the_levels_add_up_to_one():
    np.testing.assert_allclose(np.exp(np.float64(log_probabilities(made()))).sum(1), 1, rtol=1e-5)


def test_what_is_no_level_takes_the_nearest_or_is_impossible():
    d, shift = made(), 0.3 / (LEVELS - 1)
    at = [d.log_density(jnp.full((CASES, 1), x)) for x in (GRID[3], GRID[3] + shift, 1 + 2 * shift, -2 * shift)]
    np.testing.assert_array_equal(at[0], at[1])
    assert np.isneginf(at[2]).all()
    assert np.isneginf(at[3]).all()


def test_the_mean_is_that_of_its_levels():
    d = made()
    np.testing.assert_allclose(d.mean[:, 0], by_hand(d) @ np.float64(GRID), rtol=1e-4, atol=1e-5)


def test_the_mode_of_one_part_is_its_likeliest_level():
    d = made(parts=1)
    np.testing.assert_array_equal(d.mode[:, 0], GRID[by_hand(d).argmax(1)])


def test_draws_have_the_probabilities():
    one = made()
    n = 5_000
    many = DiscretisedLogistic(*(jnp.repeat(leaf, n, 0) for leaf in one[:3]), one.levels)
    drawn = np.asarray(many.sample(jax.random.key(0)))[:, 0].reshape(CASES, n)
    for draws, expected in zip(drawn, by_hand(one), strict=True):
        shares = np.array([(draws == level).mean() for level in GRID])
        np.testing.assert_allclose(shares, expected, atol=5 * 0.5 / n**0.5)
    assert set(np.unique(drawn)) <= set(GRID)


def test_the_slope_is_finite_where_a_level_is_all_but_impossible():
    d = made()

    def total(location, log_scale):
        return d._replace(location=location, log_scale=log_scale).log_prob(jnp.zeros((CASES, 1))).sum()

    slopes = jax.jit(jax.grad(total, (0, 1)))(d.location, d.log_scale)
    assert all(np.isfinite(slope).all() for slope in slopes)
    assert (slopes[0][-1] < 0).any()  # a centre that is too high is pulled down

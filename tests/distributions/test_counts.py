"""Counts against scipy and numpyro: the negative binomial, zero-inflated or not, and counts that were divided."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import scipy.special
import scipy.stats

from aelab.distributions import NegativeBinomial, Shares, ZeroInflated

RNG = np.random.default_rng(0)
SHAPE = (4, 5)
LOG_MEAN, LOG_R, LOGITS = RNG.normal(1, 1, (3, *SHAPE)).astype("f4")
X = RNG.integers(0, 12, SHAPE).astype("f4")
X[:, 0] = 0
D = NegativeBinomial(jnp.asarray(LOG_MEAN), jnp.asarray(LOG_R))


def scipys(log_mean, log_r):
    m, r = np.exp(np.float64(log_mean)), np.exp(np.float64(log_r))
    return scipy.stats.nbinom(r, r / (r + m))


def test_log_prob_is_scipys_and_numpyros():
    oracle = scipys(LOG_MEAN, LOG_R).logpmf(X)
    np.testing.assert_allclose(D.log_density(X), oracle, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(D.log_prob(X), oracle.sum(1), rtol=1e-5)
    theirs = npd.NegativeBinomial2(D.mean, jnp.exp(LOG_R)).to_event(1).log_prob(X)
    np.testing.assert_allclose(D.log_prob(X), theirs, rtol=1e-5)


def test_large_counts_and_large_dispersions_lose_no_digits():
    log_mean = np.float32(np.log([[3, 3000, 5000, 40, 1e-3, 900]]))
    log_r = np.float32(np.log([[1e6, 0.5, 20, 3e4, 2, 8.01]]))
    x = np.float32([[2, 4100, 5300, 35, 0, 1000]])
    d = NegativeBinomial(jnp.asarray(log_mean), jnp.asarray(log_r))
    np.testing.assert_allclose(d.log_density(x), scipys(log_mean, log_r).logpmf(x), rtol=2e-5, atol=1e-3)
    assert np.isneginf(d.log_density(-x[:, :1])).all()


def test_the_slopes_are_those_of_differences():
    def value(log_mean, log_r):
        return scipys(log_mean, log_r).logpmf(X).sum()

    slopes = jax.jit(jax.grad(lambda *d: NegativeBinomial(*d).log_prob(X).sum(), (0, 1)))(LOG_MEAN, LOG_R)
    way, step = RNG.normal(size=(2, *SHAPE)), 1e-5
    ahead, behind = (value(LOG_MEAN + s * way[0], LOG_R + s * way[1]) for s in (step, -step))
    found = sum((np.float64(slope) * d).sum() for slope, d in zip(slopes, way, strict=True))
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=1e-3)


def test_zero_inflation_is_numpyros_and_adds_up_to_one():
    d = ZeroInflated(jnp.asarray(LOGITS), D)
    gate = scipy.special.expit(np.float64(LOGITS))
    plain = scipys(LOG_MEAN, LOG_R)
    oracle = np.log(np.where(X == 0, gate, 0) + (1 - gate) * plain.pmf(X))
    np.testing.assert_allclose(d.log_density(X), oracle, rtol=1e-4, atol=1e-5)
    theirs = npd.ZeroInflatedNegativeBinomial2(D.mean, jnp.exp(LOG_R), gate=jnp.float32(gate)).to_event(1)
    np.testing.assert_allclose(d.log_prob(X), theirs.log_prob(X), rtol=1e-4)
    np.testing.assert_allclose(d.mean, (1 - gate) * np.exp(np.float64(LOG_MEAN)), rtol=1e-5)
    every = np.float64(jax.jit(jax.vmap(d.log_density))(jnp.arange(2000.0)[:, None, None] * jnp.ones(SHAPE)))
    np.testing.assert_allclose(np.exp(every).sum(0), 1, rtol=2e-3)
    np.testing.assert_allclose(d.log_density(d.mode), every.max(0), atol=1e-4)


def test_draws_have_the_probabilities():
    n = 4000
    d = ZeroInflated(jnp.full((n, 1), -0.5), NegativeBinomial(jnp.full((n, 1), 1.0), jnp.full((1,), 0.3)))
    plain, gate = scipys(1.0, 0.3), scipy.special.expit(-0.5)
    expected = (1 - gate) * plain.pmf(np.arange(5)) + gate * (np.arange(5) == 0)
    drawn = np.asarray(Shares(d, jnp.float32(4)).sample(jax.random.key(0)))
    found = np.array([(drawn == count / 4).mean() for count in range(5)])
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / n**0.5)
    second = (1 - gate) * (plain.var() + plain.mean() ** 2)
    np.testing.assert_allclose(np.square(4 * drawn).mean(), second, rtol=0.15)


def test_shares_are_the_counts_divided():
    d = Shares(D, jnp.float32(17))
    np.testing.assert_allclose(d.log_prob(X / 17), D.log_prob(X), rtol=1e-6)
    np.testing.assert_allclose(d.mean * 17, D.mean, rtol=1e-5)
    np.testing.assert_allclose(d.mode * 17, D.mode, rtol=1e-5)

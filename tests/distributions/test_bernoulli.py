"""Coins against scipy, numpyro and float64: the binary cross-entropy from logits, and its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import pytest
import scipy.special
import scipy.stats
from distribution_cases import BATCH, EVENT, floats, logits, quick
from hypothesis import given, settings

from aelab.distributions import Bernoulli, bernoulli_log_prob


def test_bernoulli_log_prob_is_scipys_and_numpyros():
    d, x = Bernoulli(logits(0, (BATCH, EVENT))), jax.random.bernoulli(jax.random.key(1), 0.5, (BATCH, EVENT)) * 1.0
    oracle = scipy.stats.bernoulli(scipy.special.expit(np.float64(d.logits))).logpmf(np.int64(x)).sum(1)
    np.testing.assert_allclose(d.log_prob(x), oracle, rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(x), npd.Bernoulli(logits=d.logits).to_event(1).log_prob(x), rtol=1e-5)


def bce_float64(logits, x):
    logits, x = np.float64(logits), np.float64(x)
    value = x * -np.logaddexp(0, -logits) + (1 - x) * -np.logaddexp(0, logits)
    p = scipy.special.expit(logits)
    return value, x - p, -p * (1 - p)


@jax.jit
def bce_derivatives(logits, x):
    """Value and first two derivatives in the logits, entry by entry, in reverse mode; the first in forward mode."""

    def slope(logits):
        return jax.grad(lambda logits: Bernoulli(logits).log_prob(x).sum())(logits)

    ones = jnp.ones_like(logits)
    _, forward = jax.jvp(lambda logits: Bernoulli(logits).log_prob(x), (logits,), (ones,))
    return Bernoulli(logits).log_prob(x), slope(logits), jax.jvp(slope, (logits,), (ones,))[1], forward


@quick
@given(floats(-1e4, 1e4, (8, 1)), floats(0, 1, (8, 1)))
def test_bce_from_logits_is_finite_and_right_with_its_derivatives(logits, x):
    value, slope, curvature, forward = bce_derivatives(logits, x)
    for got, oracle in zip((value[:, None], slope, curvature), bce_float64(logits, x), strict=True):
        assert np.isfinite(got).all()
        np.testing.assert_allclose(got, oracle, rtol=1e-5, atol=1e-6 + 1e-7 * abs(logits).max())
    np.testing.assert_allclose(forward[:, None], slope, rtol=1e-6)


def test_a_sure_coin_costs_nothing_or_everything_with_its_derivatives():
    """The closed form at logits of ±∞: log 1 = 0 where x is the side that comes, log 0 elsewhere."""
    most = np.finfo(np.float32).max
    logits = jnp.array([np.inf, -np.inf, np.inf, -np.inf, np.inf, -np.inf, np.nan, 0.0])[:, None]
    x = jnp.array([1.0, 0.0, 0.0, 1.0, 0.5, 0.25, 1.0, 1.0])[:, None]
    value, slope, _, forward = bce_derivatives(logits, x)
    wanted = [0, 0, -most, -most, -most / 2, -most / 4, np.nan, -np.log(2)]
    np.testing.assert_allclose(value, wanted, rtol=1e-6)
    np.testing.assert_allclose(np.exp(value[:4]), [1, 1, 0, 0])
    np.testing.assert_allclose(slope[:, 0], [0, 0, -1, 1, -0.5, 0.25, np.nan, 0.5])
    np.testing.assert_allclose(forward, slope[:, 0])


@settings(quick, max_examples=10)
@given(floats(-1e4, 1e4, (8, 1)), floats(0, 1, (8, 1)))
def test_bce_from_logits_is_the_same_without_jit(logits, x):
    logits, x = jnp.asarray(logits), jnp.asarray(x)
    with jax.disable_jit():
        value, slope = jax.value_and_grad(lambda logits: Bernoulli(logits).log_prob(x).sum())(logits)
    np.testing.assert_allclose(value, bce_derivatives(logits, x)[0].sum(), rtol=1e-5, atol=2e-2)
    np.testing.assert_allclose(slope, bce_derivatives(logits, x)[1], rtol=1e-6, atol=1e-7)


def test_bce_from_logits_keeps_small_losses():
    logits = jnp.array([20.0, -20.0, 80.0, -80.0, 0.0])
    x = jnp.array([1.0, 0.0, 1.0, 0.0, 0.5])
    oracle = -np.log1p(np.exp(-abs(np.float64(logits))))
    np.testing.assert_allclose(bernoulli_log_prob(logits, x), oracle, rtol=1e-6)


def test_bce_has_the_derivative_of_its_targets():
    logits, x = jnp.array([2.0, -30.0, 0.0]), jnp.array([0.2, 0.9, 0.0])
    np.testing.assert_allclose(jax.grad(lambda x: bernoulli_log_prob(logits, x).sum())(x), logits)


@pytest.mark.parametrize("scale", [3.0, 30.0], ids=["doubtful", "sure"])
@pytest.mark.parametrize("entries", [1, 15, 16, 17, 784, 20_000])
def test_entries_that_share_a_logarithm_lose_nothing(entries, scale):
    """Sure coins that are right lose exp(−30) and less each, and their sum is right to as many digits as any other."""
    rng = np.random.default_rng(entries)
    logits = rng.normal(scale=scale, size=(4, entries)).astype(np.float32)
    x = (logits > 0).astype(np.float32) if scale > 3 else rng.uniform(size=logits.shape).astype(np.float32)
    oracle, *_ = bce_float64(logits, x)
    np.testing.assert_allclose(Bernoulli(jnp.asarray(logits)).log_prob(x), oracle.sum(1), rtol=3e-6)
    mask = rng.random(logits.shape) < 0.5
    found = Bernoulli(jnp.asarray(logits)).log_prob(x, jnp.asarray(mask))
    np.testing.assert_allclose(found, (oracle * mask).sum(1), rtol=3e-6)

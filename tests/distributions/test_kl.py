"""Kullback-Leibler divergences against numpyro, scipy, sampling and the formula of the paper."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import pytest
import scipy.stats
from distribution_cases import BATCH, CHOICE, EVENT, floats, logits, normal, quick
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aelab.distributions import Bernoulli, Categorical, GreyLevels, Normal, Point, discrete_kl, has_closed_form, kl
from aelab.priors import standard_normal


def test_kl_of_normals_is_numpyros():
    q, p = normal(0), normal(1)
    oracle = npd.kl_divergence(npd.Normal(q.mean, q.stddev).to_event(1), npd.Normal(p.mean, p.stddev).to_event(1))
    np.testing.assert_allclose(kl(q, p), oracle, rtol=1e-5)


def test_kl_agrees_with_sampling():
    key_q, key_z = jax.random.split(jax.random.key(0))
    q, prior = Normal(*jax.random.normal(key_q, (2, 1, 3))), standard_normal(3)
    z = jax.vmap(q.sample)(jax.random.split(key_z, 100_000))
    estimate = jax.vmap(lambda z: q.log_prob(z) - prior.log_prob(z))(z)
    np.testing.assert_allclose(kl(q, prior), estimate.mean(0), rtol=0.02)


@pytest.mark.parametrize("prior", [standard_normal(EVENT), Normal(jnp.zeros((1, EVENT)), jnp.zeros((1, EVENT)))])
def test_kl_to_the_standard_normal_is_the_formula_of_the_paper(prior):
    q = normal(0)
    mu, log_variance = np.float64(q.mean), np.float64(q.log_variance)
    oracle = 0.5 * (np.exp(log_variance) + mu**2 - 1 - log_variance).sum(1)
    np.testing.assert_allclose(kl(q, prior), oracle, rtol=1e-5)


def test_kl_of_bernoullis_is_numpyros():
    q, p = Bernoulli(logits(0, (BATCH, EVENT))), Bernoulli(logits(1, (BATCH, EVENT)))
    coins = [jnp.stack([1 - d.mean, d.mean], -1) for d in (q, p)]
    oracle = npd.kl_divergence(*[npd.CategoricalProbs(c).to_event(1) for c in coins])
    np.testing.assert_allclose(kl(q, p), oracle, rtol=1e-4)


def test_kl_of_categoricals_is_numpyros():
    q, p = [Categorical(logits(seed, (BATCH, EVENT, CHOICE))) for seed in (0, 1)]
    oracle = npd.kl_divergence(*[npd.CategoricalProbs(jax.nn.softmax(d.logits)).to_event(1) for d in (q, p)])
    np.testing.assert_allclose(kl(q, p), oracle, rtol=1e-4)


def test_kl_of_categoricals_stays_right_where_a_probability_underflows():
    q, p = Categorical(jnp.array([[[0.0, 0.0]]])), Categorical(jnp.array([[[0.0, -200.0]]]))
    np.testing.assert_allclose(kl(q, p), 100 - np.log(2), rtol=1e-6)
    impossible = Categorical(jnp.array([[[0.0, -jnp.inf]]]))
    np.testing.assert_allclose(kl(impossible, q), np.log(2), rtol=1e-6)
    assert np.isposinf(kl(q, impossible)).all()


def test_kl_of_an_unknown_pair_names_it():
    with pytest.raises(TypeError, match=r"Normal.*Bernoulli"):
        kl(normal(0), Bernoulli(jnp.zeros((BATCH, EVENT))))
    with pytest.raises(TypeError, match=r"Point.*Normal"):
        kl(Point(jnp.zeros((BATCH, EVENT))), standard_normal(EVENT))
    assert has_closed_form(normal(0), normal(1))
    assert not has_closed_form(Point(jnp.zeros((BATCH, EVENT))), standard_normal(EVENT))


@quick
@given(floats(-10, 10, (2, BATCH, EVENT)), floats(-6, 6, (2, BATCH, EVENT)))
def test_kl_of_normals_is_never_negative_and_zero_only_for_equals(means, log_variances):
    q, p = Normal(means[0], log_variances[0]), Normal(means[1], log_variances[1])
    np.testing.assert_array_equal(kl(q, q), 0)
    assert (kl(q, p) >= 0).all()
    far = (abs(means[0] - means[1]) > 0.1) | (abs(log_variances[0] - log_variances[1]) > 0.1)
    assert (kl(q, p)[far.any(1)] > 0).all()


@quick
@given(floats(-20, 20, (2, BATCH, EVENT, CHOICE)))
def test_kl_of_discrete_ones_is_never_negative_and_zero_for_equals(logits):
    coins, choices = Bernoulli(logits[0, ..., 0]), Categorical(logits[0])
    np.testing.assert_array_equal(kl(coins, coins), 0)
    np.testing.assert_array_equal(kl(choices, choices), 0)
    assert (kl(coins, Bernoulli(logits[1, ..., 0])) > -1e-5).all()  # rounding
    assert (kl(choices, Categorical(logits[1])) > -1e-5).all()


@quick
@given(floats(-3, 3, (2, BATCH, EVENT)), floats(-3, 3, (2, BATCH, EVENT)))
def test_kl_grows_with_the_shift_of_the_mean(directions, log_variances):
    direction, p_mean = directions[0] + np.copysign(0.1, directions[0]), directions[1]
    p = Normal(p_mean, log_variances[1])
    shifted = [kl(Normal(p_mean + shift * direction, log_variances[0]), p) for shift in (0.0, 0.5, 1.0, 2.0, -4.0)]
    assert (np.diff(np.stack(shifted), axis=0) > 0).all()


def test_kl_of_normals_does_not_fall_below_zero_by_rounding():
    log_ratio = np.logspace(-12, 1, 100_001)[:, None]
    log_ratio = np.float32(np.concatenate([log_ratio, -log_ratio]))
    assert (kl(Normal(np.zeros_like(log_ratio), log_ratio), standard_normal(1)) >= 0).all()


@quick
@given(arrays(np.int64, (2, CHOICE + 2), elements=st.integers(0, 4)).filter(lambda counts: counts.sum(1).all()))
def test_discrete_kl_is_scipys_entropy(counts):
    q, p = np.float32(counts / counts.sum(1, keepdims=True))
    np.testing.assert_allclose(discrete_kl(q, p), scipy.stats.entropy(q, p), rtol=1e-5, atol=1e-6)


def test_discrete_kl_keeps_its_two_conventions():
    half, sure = jnp.array([0.5, 0.5, 0.0]), jnp.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(discrete_kl(sure, half), np.log(2), rtol=1e-6)  # 0 log 0 = 0, 0 log 0/0 = 0
    assert np.isposinf(discrete_kl(half, sure))  # Q > 0 where P = 0
    np.testing.assert_allclose(discrete_kl(half[:, None], half[:, None], axis=0), 0)


def test_near_pairs_are_right_and_never_below_zero():
    """Against float64, at pairs whose terms cancel to the last digits that float32 has."""
    a = jax.random.normal(jax.random.key(0), (2000, 1))
    b = a + jnp.logspace(-8, 0, 2000)[:, None]
    found = kl(Bernoulli(a), Bernoulli(b))
    assert (found >= 0).all()
    q, p = (1 / (1 + np.exp(-np.float64(x[:, 0]))) for x in (a, b))
    exact = q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-8)
    weights = 3 * jax.random.normal(jax.random.key(1), (2000, 1, CHOICE))
    assert (kl(Categorical(weights), Categorical(weights + 1e-7)) >= 0).all()


def test_a_tiny_variance_is_no_nan():
    """log σ² of −100 has 1 / σ² = e¹⁰⁰, which is more than float32 holds."""
    for log_variance in (-80.0, -88.5, -100.0, -200.0):
        q = Normal(jnp.full((1, 2), 3.0), jnp.full((1, 2), log_variance))
        np.testing.assert_array_equal(kl(q, q), 0)
        exact = -0.5 * 2 * (log_variance + np.log(2 * np.pi))
        np.testing.assert_allclose(q.log_prob(q.mean), exact, rtol=1e-6)
        slopes = jax.grad(lambda q: kl(q, q).sum() + q.log_prob(q.mean).sum())(q)
        assert all(np.isfinite(leaf).all() for leaf in slopes)
    zero = Normal(jnp.zeros((1, 1)), jnp.full((1, 1), -100.0))
    x = 1e-21  # x² underflows, x² / σ² does not
    exact = -0.5 * (x**2 * np.exp(100.0) - 100.0 + np.log(2 * np.pi))
    np.testing.assert_allclose(zero.log_prob(jnp.full((1, 1), x)), exact, rtol=1e-5)


@pytest.mark.parametrize("kind", [Categorical, GreyLevels])
def test_what_cannot_happen_has_no_nan_in_its_gradient(kind):
    q, p = (kind(jnp.array([[row]])) for row in ([0.0, 1.0, -jnp.inf], [1.0, 0.0, -1.0]))
    slopes = jax.grad(lambda q, p: kl(q, p).sum(), (0, 1))(q, p)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(slopes))
    slope = jax.grad(lambda q: discrete_kl(q, jnp.array([0.5, 0.25, 0.25])))(jnp.array([0.4, 0.6, 0.0]))
    assert np.isfinite(slope).all()

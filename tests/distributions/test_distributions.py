"""Distributions against scipy, numpyro, float64 numpy and sampling."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aelab.distributions import (
    Bernoulli,
    Categorical,
    Normal,
    Point,
    bernoulli_log_prob,
    discrete_kl,
    has_closed_form,
    kl,
    sum_event,
)
from aelab.priors import standard_normal

BATCH, EVENT, CHOICE = 4, 5, 3
quick = settings(deadline=None, max_examples=60, derandomize=True)  # the shapes are fixed: one program for all examples


def floats(low, high, shape):
    return arrays(np.float32, shape, elements=st.floats(low, high, width=32))


def normal(seed, shape=(BATCH, EVENT)):
    mean, log_variance = jax.random.normal(jax.random.key(seed), (2, *shape))
    return Normal(mean, log_variance)


def logits(seed, shape):
    return 3 * jax.random.normal(jax.random.key(seed), shape)


# --- log_prob -----------------------------------------------------------------------------------------------------


def test_normal_log_prob_is_scipys_and_numpyros():
    d, x = normal(0), jax.random.normal(jax.random.key(1), (BATCH, EVENT))
    sigma = np.exp(0.5 * np.float64(d.log_variance))
    np.testing.assert_allclose(d.log_prob(x), scipy.stats.norm(np.float64(d.mean), sigma).logpdf(x).sum(1), rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(x), npd.Normal(d.mean, d.stddev).to_event(1).log_prob(x), rtol=1e-5)


def test_bernoulli_log_prob_is_scipys_and_numpyros():
    d, x = Bernoulli(logits(0, (BATCH, EVENT))), jax.random.bernoulli(jax.random.key(1), 0.5, (BATCH, EVENT)) * 1.0
    oracle = scipy.stats.bernoulli(scipy.special.expit(np.float64(d.logits))).logpmf(np.int64(x)).sum(1)
    np.testing.assert_allclose(d.log_prob(x), oracle, rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(x), npd.Bernoulli(logits=d.logits).to_event(1).log_prob(x), rtol=1e-5)


def test_categorical_log_prob_is_scipys_and_numpyros():
    d = Categorical(logits(0, (BATCH, EVENT, CHOICE)))
    choice = jax.random.randint(jax.random.key(1), (BATCH, EVENT), 0, CHOICE)
    one_hot, p = np.eye(CHOICE)[choice], scipy.special.softmax(np.float64(d.logits), -1)
    oracle = [scipy.stats.multinomial.logpmf(one_hot[i], n=1, p=p[i]).sum() for i in range(BATCH)]
    np.testing.assert_allclose(d.log_prob(d.levels[choice]), oracle, rtol=1e-5)
    oracle = npd.CategoricalLogits(d.logits).to_event(1).log_prob(choice)
    np.testing.assert_allclose(d.log_prob(d.levels[choice]), oracle, rtol=1e-5)


def test_all_256_grey_levels_are_found_again():
    d = Categorical(jnp.outer(jnp.arange(256.0), jnp.arange(256.0))[None])
    greys = jnp.arange(256.0)[None] / 255
    nearest = scipy.special.log_softmax(np.float64(d.logits[0]), -1).diagonal().sum()
    np.testing.assert_allclose(d.log_prob(greys), [nearest], rtol=1e-5)


def test_a_normal_without_a_batch_gives_one_number_per_example():
    x = jax.random.normal(jax.random.key(0), (BATCH, EVENT))
    oracle = scipy.stats.multivariate_normal(np.zeros(EVENT)).logpdf(x)
    np.testing.assert_allclose(standard_normal(EVENT).log_prob(x), oracle, rtol=1e-5)


# --- kl -----------------------------------------------------------------------------------------------------------


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


# --- sampling -----------------------------------------------------------------------------------------------------


# Exactly, where programs are compiled as users compile them, which the fast tests do not.
EXACT = pytest.param(2.0, 1.0, 0, marks=pytest.mark.long)


@pytest.mark.parametrize(("mean", "sigma", "rtol"), [EXACT, (-1.0, 0.3, 1e-6)])
def test_the_derivative_of_a_draw_is_one_in_the_mean_and_epsilon_in_sigma(mean, sigma, rtol):
    key, shape = jax.random.key(0), (BATCH, EVENT)
    rows = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(BATCH))
    epsilon = jax.vmap(lambda row: jax.random.normal(row, (EVENT,)))(rows)

    def z(mean, sigma):
        return Normal(mean, 2 * jnp.log(sigma)).sample(key)

    def derivatives(mean, sigma):  # of each entry of z in its own entries of the mean and of sigma
        ones, zeros = jnp.ones(shape), jnp.zeros(shape)
        args = (mean, sigma)
        return jax.jvp(z, args, (ones, zeros))[1], jax.jvp(z, args, (zeros, ones))[1]

    where = jnp.full(shape, mean), jnp.full(shape, sigma)
    by_mean, by_sigma = derivatives(*where)
    np.testing.assert_array_equal(by_mean, 1)
    np.testing.assert_allclose(by_sigma, epsilon, rtol=rtol)
    np.testing.assert_allclose(z(*where), mean + sigma * epsilon, rtol=1e-5)


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
    levels = Categorical(jnp.broadcast_to(weights, (n, 1, 3))).sample(jax.random.key(2))
    shares = [(levels == level).mean() for level in (0, 0.5, 1)]
    np.testing.assert_allclose(shares, scipy.special.softmax(weights), atol=2 / n**0.5)
    mean = Categorical(weights[None, None]).mean
    np.testing.assert_allclose(levels.mean(), mean[0, 0], atol=2 / n**0.5)


FAMILY = pytest.mark.parametrize(
    "make",
    [
        lambda x: Normal(x, 0.3 * x),
        lambda x: Normal(x, jnp.float32(0.7)),
        lambda x: Bernoulli(x),
        lambda x: Categorical(jnp.stack([x, -x, 2 * x], -1)),
        Point,
    ],
    ids=["normal", "normal_one_sigma", "bernoulli", "categorical", "point"],
)


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


@FAMILY
def test_mode_and_mean_are_shaped_like_the_event(make):
    d = make(jax.random.normal(jax.random.key(5), (BATCH, 2, 3)))
    assert d.mean.shape == d.mode.shape == d.sample(jax.random.key(0)).shape == (BATCH, 2, 3)


@FAMILY
def test_the_mode_is_the_likeliest_value(make):
    d = make(jax.random.normal(jax.random.key(5), (BATCH, EVENT)))
    if make is Point:
        np.testing.assert_array_equal(d.mode, d.value)
    else:
        assert (d.log_prob(d.mode) >= d.log_prob(d.sample(jax.random.key(0)))).all()


N = 100_000


def gradients(f, mu, log_variance, reparameterised):
    """N independent one-draw estimates of d E[f(z)] / d(μ, log σ²) under N(μ, σ²)."""

    def surrogate(mean, log_variance):
        q = Normal(mean, log_variance)
        z = q.sample(jax.random.key(3))
        if reparameterised:
            return f(z[:, 0]).sum()
        z = jax.lax.stop_gradient(z)
        return (f(z[:, 0]) * q.log_prob(z)).sum()

    by_row = jax.jit(jax.grad(surrogate, (0, 1)))(jnp.full((N, 1), mu), jnp.full((N, 1), log_variance))
    return np.float64(jnp.concatenate(by_row, 1))


def test_reparameterised_and_score_function_gradients_agree_in_mean():
    paths, scores = [gradients(lambda z: jnp.sin(2 * z) + z**2, 0.7, -0.4, way) for way in (True, False)]
    error = np.sqrt((paths.var(0) + scores.var(0)) / N)
    assert (abs(paths.mean(0) - scores.mean(0)) < 4 * error).all()
    assert (paths.var(0) < scores.var(0)).all()
    mu, variance = 0.7, np.exp(-0.4)  # E sin 2z = sin 2μ exp(−2σ²), E z² = μ² + σ²
    fading = np.exp(-2 * variance)
    exact = [2 * np.cos(2 * mu) * fading + 2 * mu, variance * (1 - 2 * np.sin(2 * mu) * fading)]
    assert (abs(paths.mean(0) - exact) < 4 * np.sqrt(paths.var(0) / N)).all()


def test_draws_held_as_data_have_no_gradient():
    def held(q):
        return jnp.square(jax.lax.stop_gradient(q.sample(jax.random.key(0)))).sum()

    for leaf in jax.grad(held)(normal(0)):
        np.testing.assert_array_equal(leaf, 0)


# --- masks --------------------------------------------------------------------------------------------------------

MASK = np.arange(6) < np.array([[6], [2], [3], [0]])  # [batch, time]


@pytest.mark.parametrize("junk", [1e30, jnp.nan])
@pytest.mark.parametrize(
    "make",
    [
        lambda x: Normal(x, 0.3 * x),
        lambda x: Normal(x, jnp.float32(0.7)),
        lambda x: Bernoulli(x),
        lambda x: Categorical(jnp.stack([x, -x, 2 * x], -1)),
    ],
    ids=["normal", "normal_one_sigma", "bernoulli", "categorical"],
)
def test_entries_outside_the_mask_count_for_nothing(make, junk):
    key_params, key_x = jax.random.split(jax.random.key(0))
    params = jax.random.normal(key_params, (4, 6, 2))
    x = jax.random.bernoulli(key_x, 0.5, (4, 6, 2)) * 1.0
    padded = jnp.where(jnp.asarray(MASK)[..., None], x, junk)

    @jax.jit
    def evaluate(params, x):
        def value(params, x):
            return make(params).log_prob(x, jnp.asarray(MASK)).sum()

        return jax.value_and_grad(value)(params, x), jax.grad(value, 1)(params, x)

    (value, grad), grad_x = evaluate(params, padded)
    entries = make(params.reshape(-1, 1)).log_prob(x.reshape(-1, 1)).reshape(x.shape)
    np.testing.assert_allclose(value, np.asarray(entries)[MASK].sum(), rtol=1e-5)
    np.testing.assert_array_equal(grad[~MASK], 0)
    assert np.isfinite(grad).all()
    assert (grad[MASK] != 0).any()
    np.testing.assert_array_equal(grad_x[~MASK], 0)


def test_sum_event_leaves_one_number_per_example():
    values = jnp.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(sum_event(values), [66, 210])
    np.testing.assert_array_equal(
        sum_event(values, jnp.array([[1, 0, 0], [0, 1, 1]])), [0 + 1 + 2 + 3, 16 + 17 + 18 + 19 + 20 + 21 + 22 + 23]
    )


# --- binary cross-entropy from logits -----------------------------------------------------------------------------


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


def test_normal_log_prob_has_the_derivatives_of_the_closed_form():
    d, x = normal(0), jax.random.normal(jax.random.key(1), (BATCH, EVENT))
    by_mean, by_log_variance = jax.grad(lambda d: d.log_prob(x).sum())(d)
    precision = np.exp(-np.float64(d.log_variance))
    np.testing.assert_allclose(by_mean, (x - d.mean) * precision, rtol=1e-5)
    np.testing.assert_allclose(by_log_variance, 0.5 * ((x - d.mean) ** 2 * precision - 1), rtol=1e-4, atol=1e-6)

"""Likelihoods against scipy and numpy; the textbook's two losses against scikit-learn and their limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
import sklearn.metrics

from aelab import distributions, likelihoods
from aelab.config import LikelihoodOptions
from aelab.data.columns import Column
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.likelihoods import bce, choose, event_outputs, mse

SHAPE = (4, 3, 2)  # [batch, time, channel]


def outputs_and_targets(shape=SHAPE):
    key_outputs, key_x = jax.random.split(jax.random.key(0))
    return jax.random.normal(key_outputs, shape), jax.random.uniform(key_x, SHAPE)


# --- reports: means over the entries ------------------------------------------------------------------------------


def test_mse_is_scikit_learns():
    y, y_hat = jax.random.normal(jax.random.key(0), (2, 6, 5))
    np.testing.assert_allclose(mse(y, y_hat), sklearn.metrics.mean_squared_error(y, y_hat), rtol=1e-6)
    assert mse(y, y) == 0


def test_bce_of_hard_targets_is_scikit_learns():
    y = np.float32(np.random.default_rng(0).integers(0, 2, 50))
    p = np.float32(np.random.default_rng(1).uniform(0.01, 0.99, 50))
    np.testing.assert_allclose(bce(jnp.array(y), jnp.array(p)), sklearn.metrics.log_loss(y, np.float64(p)), rtol=1e-6)


def test_bce_of_soft_targets_is_the_formula():
    y, p = jax.random.uniform(jax.random.key(0), (2, 6, 5), minval=0.01, maxval=0.99)
    exact_y, exact_p = np.float64(y), np.float64(p)
    oracle = -(exact_y * np.log(exact_p) + (1 - exact_y) * np.log(1 - exact_p)).mean()
    np.testing.assert_allclose(bce(y, p), oracle, rtol=1e-6)


def test_bce_has_its_limits():
    zero, one, half = jnp.zeros(1), jnp.ones(1), jnp.full(1, 0.5)
    assert bce(zero, zero) == 0  # 0 log 0 = 0
    assert bce(one, one) == 0
    assert np.isposinf(bce(one, zero))  # the impossible occurred
    assert np.isposinf(bce(zero, one))
    assert np.isposinf(bce(half, zero))
    assert np.isposinf(bce(half, one))
    np.testing.assert_allclose(bce(half, half), np.log(2), rtol=1e-6)


def test_bce_is_the_bernoulli_likelihood_per_entry():
    logits, x = outputs_and_targets()
    d = likelihoods.Bernoulli().apply({}, logits)
    np.testing.assert_allclose(-d.log_prob(x).sum() / x.size, bce(x, d.mean), rtol=1e-5)


# --- likelihoods --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [1.0, 0.1, 7.0])
def test_normal_is_scipys(sigma):
    outputs, x = outputs_and_targets()
    d = likelihoods.Normal(sigma).apply({}, outputs)
    oracle = scipy.stats.norm(np.float64(outputs), sigma).logpdf(np.float64(x)).sum((1, 2))
    np.testing.assert_allclose(d.log_prob(x), oracle, rtol=1e-5)
    np.testing.assert_array_equal(d.mean, outputs)
    np.testing.assert_allclose(d.stddev, sigma, rtol=1e-6)
    noise = jax.jit(likelihoods.Normal(sigma).apply)({}, jnp.zeros((5000, 2))).sample(jax.random.key(0))
    np.testing.assert_allclose(noise.std(), sigma, rtol=0.04)


def test_normal_at_sigma_one_is_half_the_squared_error_and_a_constant():
    outputs, x = outputs_and_targets()
    value = -likelihoods.Normal().apply({}, outputs).log_prob(x)
    squared = np.square(np.float64(x) - outputs).sum((1, 2))
    np.testing.assert_allclose(value, squared / 2 + 3 * np.log(2 * np.pi), rtol=1e-6)


def test_a_learned_sigma_is_a_parameter_that_starts_at_one():
    outputs, _ = outputs_and_targets()
    d, variables = likelihoods.Normal("learned").init_with_output(jax.random.key(0), outputs)
    assert jax.tree.map(jnp.shape, variables) == {"params": {"log_sigma": ()}}
    assert d.stddev == 1
    assert likelihoods.Normal(0.5).init(jax.random.key(0), outputs) == {}


def test_the_best_sigma_is_the_rms_error():
    outputs, x = outputs_and_targets()

    @jax.jit
    @jax.value_and_grad
    def nll(log_sigma):
        variables = {"params": {"log_sigma": log_sigma}}
        return -likelihoods.Normal("learned").apply(variables, outputs).log_prob(x).sum()

    best = jnp.log(jnp.sqrt(jnp.square(x - outputs).mean()))
    least, slope = nll(best)
    np.testing.assert_allclose(slope, 0, atol=1e-4)
    assert nll(best + 0.1)[0] > least
    assert nll(best - 0.1)[0] > least
    np.testing.assert_allclose(least, x.size * (0.5 + best + 0.5 * np.log(2 * np.pi)), rtol=1e-6)
    np.testing.assert_allclose(nll(best + 0.1)[1], x.size * (1 - np.exp(-0.2)), rtol=1e-4)  # n (1 − RMS²/σ²)


def test_categorical_is_numpys_log_softmax_at_the_nearest_level():
    outputs, x = outputs_and_targets((*SHAPE, 5))
    log_p = scipy.special.log_softmax(np.float64(outputs), -1)
    nearest = abs(np.asarray(x)[..., None] - np.linspace(0, 1, 5)).argmin(-1)
    oracle = np.take_along_axis(log_p, nearest[..., None], -1).sum((1, 2, 3))
    d = likelihoods.GreyLevels(5).apply({}, outputs)
    np.testing.assert_allclose(d.log_prob(x), oracle, rtol=1e-5)
    np.testing.assert_allclose(d.mean, np.exp(log_p) @ np.linspace(0, 1, 5), rtol=1e-5)
    assert d.mean.shape == d.mode.shape == SHAPE


def test_categorical_is_normalised_over_its_levels():
    outputs = jax.random.normal(jax.random.key(0), (1, 1, 5))
    every = jnp.linspace(0, 1, 5)[:, None]
    log_p = likelihoods.GreyLevels(5).apply({}, jnp.broadcast_to(outputs, (5, 1, 5))).log_prob(every)
    np.testing.assert_allclose(np.exp(log_p).sum(), 1, rtol=1e-6)


def test_a_variance_of_each_entry_is_scipys_and_bounded():
    outputs, x = outputs_and_targets((*SHAPE, 2))
    d = likelihoods.BoundedNormal(0.3).apply({}, outputs)
    sigma = 0.3 + np.logaddexp(0, np.float64(outputs[..., 1]))
    oracle = scipy.stats.norm(np.float64(outputs[..., 0]), sigma).logpdf(np.float64(x)).sum((1, 2))
    np.testing.assert_allclose(d.log_prob(x), oracle, rtol=1e-5)
    least = likelihoods.BoundedNormal(0.3).apply({}, jnp.full((1, 1, 2), -100.0))
    np.testing.assert_allclose(least.stddev, 0.3, rtol=1e-6)


def test_laplace_and_student_t_take_their_scale_and_may_learn_it():
    outputs, x = outputs_and_targets()
    exact = np.float64(outputs), np.float64(x)
    laplace = likelihoods.Laplace(0.5).apply({}, outputs)
    oracle = scipy.stats.laplace(exact[0], 0.5).logpdf(exact[1]).sum((1, 2))
    np.testing.assert_allclose(laplace.log_prob(x), oracle, rtol=1e-5)
    student = likelihoods.StudentT(0.5, 3.0).apply({}, outputs)
    np.testing.assert_allclose(
        student.log_prob(x), scipy.stats.t(3, exact[0], 0.5).logpdf(exact[1]).sum((1, 2)), rtol=1e-5
    )
    for kind in (likelihoods.Laplace, likelihoods.StudentT):
        assert kind(0.5).init(jax.random.key(0), outputs) == {}
        learned = {"params": {"log_scale": jnp.log(0.5)}}
        assert jax.tree.map(jnp.shape, kind("learned").init(jax.random.key(0), outputs)) == {
            "params": {"log_scale": ()}
        }
        np.testing.assert_allclose(
            kind("learned").apply(learned, outputs).log_prob(x), kind(0.5).apply({}, outputs).log_prob(x), rtol=1e-6
        )


def test_counts_are_shares_of_the_library():
    """The condition, scaled back, is the total count: means over an event add up to it."""
    module = likelihoods.Counts(levels=101, library=(50.0, 20.0))
    outputs, condition = jax.random.normal(jax.random.key(0), (4, 3, 2)), jnp.array([[-1.0], [0.0], [0.5], [2.0]])
    params = module.init(jax.random.key(0), outputs, condition=condition)
    assert jax.tree.map(jnp.shape, params) == {"params": {"log_dispersion": (3, 2)}}
    d = module.apply(params, outputs, condition=condition)
    np.testing.assert_allclose(100 * d.mean.sum((1, 2)), [30, 50, 60, 90], rtol=1e-5)
    np.testing.assert_allclose(d.mean[0] / d.mean[0].sum(), jax.nn.softmax(outputs[0], (0, 1)), rtol=1e-5)
    free = likelihoods.Counts(levels=101)
    np.testing.assert_allclose(100 * free.apply(params, outputs).mean, jnp.exp(outputs), rtol=1e-5)


def test_counts_need_whole_numbers_and_one_total():
    for values, levels in (("real", 0), ("unit", 0)):
        with pytest.raises(ConfigError, match=r"^--likelihood: zero_inflated .*--scale"):
            choose("zero_inflated", values, levels=levels)
    spec = Spec((3,), "uint16", "unit", 100.0, levels=101, condition="library", side=(2,), side_shift=(0.0, 1.0))
    config = LikelihoodOptions("negative_binomial")
    with pytest.raises(ConfigError, match=r"^--condition library: .*one number"):
        likelihoods.chosen(config, spec)
    made = likelihoods.chosen(config, spec._replace(side=(1,), side_shift=(5.0,), side_scale=(2.0,)))
    assert made == likelihoods.Counts(101, library=(5.0, 2.0))
    assert likelihoods.chosen(config, spec._replace(condition="")) == likelihoods.Counts(101)


def test_a_discretised_logistic_starts_around_one_half_and_never_becomes_a_point():
    module = likelihoods.DiscretisedLogistic(levels=4, parts=2)
    d = module.apply({}, jnp.zeros((1, 1, 6)))
    np.testing.assert_array_equal(d.location, 0.5)
    np.testing.assert_allclose(d.mean, 0.5, rtol=1e-6)
    narrow = module.apply({}, jnp.full((1, 1, 6), -50.0))
    np.testing.assert_array_equal(narrow.log_scale, -7)


@pytest.mark.parametrize("likelihood", [likelihoods.Bernoulli(), likelihoods.Normal(), likelihoods.GreyLevels(5)])
def test_a_decoder_gives_as_many_outputs_as_the_likelihood_needs(likelihood):
    assert event_outputs(likelihood, SHAPE[1:]) == ((3, 2, 5) if likelihood.outputs == 5 else (3, 2))
    outputs = jnp.zeros((4, *event_outputs(likelihood, [3, 2])))
    assert likelihood.apply({}, outputs).log_prob(jnp.ones(SHAPE)).shape == (4,)


# --- choose -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("auto", "unit", likelihoods.Bernoulli),
        ("auto", "real", likelihoods.Normal),
        ("bernoulli", "unit", likelihoods.Bernoulli),
        ("normal", "unit", likelihoods.Normal),
        ("normal", "real", likelihoods.Normal),
        ("categorical", "unit", likelihoods.GreyLevels),
        ("continuous_bernoulli", "unit", likelihoods.ContinuousBernoulli),
        ("bounded_normal", "real", likelihoods.BoundedNormal),
        ("laplace", "real", likelihoods.Laplace),
        ("student_t", "unit", likelihoods.StudentT),
        ("discretised_logistic", "unit", likelihoods.DiscretisedLogistic),
        ("logistic_mixture", "unit", likelihoods.DiscretisedLogistic),
    ],
)
def test_choose_finds_the_likelihood(name, values, kind):
    assert type(choose(name, values)) is kind


def test_choose_hands_its_numbers_on():
    assert choose("auto", "real", sigma="learned") == likelihoods.Normal("learned")
    assert choose("normal", "unit", sigma=0.3).sigma == 0.3
    assert choose("categorical", "unit", levels=16).outputs == 16
    assert choose("categorical", "unit").outputs == 256
    assert choose("logistic_mixture", "unit", levels=16, logistics=4) == likelihoods.DiscretisedLogistic(16, 4)
    assert choose("student_t", "real", sigma=0.3, freedom=2.0) == likelihoods.StudentT(0.3, 2.0)
    assert choose("laplace", "real", sigma="learned") == likelihoods.Laplace("learned")
    assert choose("bounded_normal", "real", least_sigma=0.2).least == 0.2
    outputs = jnp.zeros(SHAPE)
    assert isinstance(choose("auto", "unit").apply({}, outputs), distributions.Bernoulli)


@pytest.mark.parametrize("name", ["bernoulli", "categorical", "continuous_bernoulli", "logistic_mixture"])
def test_choose_refuses_a_likelihood_on_the_unit_interval_for_other_values(name):
    with pytest.raises(ConfigError, match=f"{name}.*use normal"):
        choose(name, "real")


def test_choose_refuses_levels_where_values_are_a_continuum():
    with pytest.raises(ConfigError, match=r"^--likelihood: discretised_logistic.*continuous_bernoulli"):
        choose("discretised_logistic", "unit", levels=0)


def test_choose_refuses_a_name_it_does_not_know():
    with pytest.raises(ConfigError, match="bernouli"):
        choose("bernouli", "unit")


# --- columns of several kinds -------------------------------------------------------------------------------------

COLUMNS = (
    Column("a", "number"),
    Column("b", "number"),
    Column("c", "category", ("x", "y", "z")),
    Column("d", "category", ("u", "v")),
    Column("e", "binary"),
    Column("f", "number"),
)
TABLE = Spec((9,), "float32", "real", columns=COLUMNS)


def test_a_mixed_row_is_scipys_column_by_column():
    module = likelihoods.chosen(LikelihoodOptions(sigma=0.5), TABLE)
    assert module.blocks == (("number", 2), ("category", 3), ("category", 2), ("binary", 1), ("number", 1))
    outputs = jax.random.normal(jax.random.key(0), (2, 9))
    x = np.array([[0.1, -2, 0, 1, 0, 1, 0, 1, 0.4], [1.5, 0, 1, 0, 0, 0, 1, 0, -1]], np.float32)
    exact, out = np.float64(x), np.float64(outputs)
    numbers = scipy.stats.norm(out[:, [0, 1, 8]], 0.5).logpdf(exact[:, [0, 1, 8]]).sum(1)
    groups = [scipy.special.log_softmax(out[:, a:b], -1) * exact[:, a:b] for a, b in ((2, 5), (5, 7))]
    coin = scipy.stats.bernoulli(scipy.special.expit(out[:, 7])).logpmf(exact[:, 7])
    oracle = numbers + sum(group.sum(1) for group in groups) + coin
    p = module.apply({}, outputs)
    np.testing.assert_allclose(p.log_prob(x), oracle, rtol=1e-5)
    np.testing.assert_allclose(p.mean[:, 2:5], scipy.special.softmax(out[:, 2:5], -1), rtol=1e-5)


def test_each_number_learns_a_sigma_of_its_own():
    module = likelihoods.chosen(LikelihoodOptions(sigma="learned"), TABLE)
    outputs, log_sigma = jnp.zeros((1, 9)), jnp.log(jnp.array([0.5, 1.0, 2.0]))
    assert jax.tree.map(jnp.shape, module.init(jax.random.key(0), outputs)) == {"params": {"log_sigma": (3,)}}
    p = module.apply({"params": {"log_sigma": log_sigma}}, outputs)
    x = jnp.zeros((1, 9)).at[0, jnp.array([0, 1, 8])].set(1.0)
    found = p.log_density(x)[0, jnp.array([0, 1, 8])]
    np.testing.assert_allclose(found, scipy.stats.norm(0, [0.5, 1, 2]).logpdf(1), rtol=1e-5)
    plain = likelihoods.chosen(LikelihoodOptions(sigma="learned"), TABLE._replace(shape=(1,), columns=COLUMNS[4:5]))
    assert plain.init(jax.random.key(0), jnp.zeros((1, 1))) == {}


def test_a_table_of_columns_is_mixed_unless_something_else_is_asked_for():
    assert isinstance(likelihoods.chosen(LikelihoodOptions(), TABLE), likelihoods.Mixed)
    assert isinstance(likelihoods.chosen(LikelihoodOptions(likelihood="normal"), TABLE), likelihoods.Normal)
    with pytest.raises(ConfigError, match=r"mixed needs a table .* --categorical auto"):
        choose("mixed", "real")

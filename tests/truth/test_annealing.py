"""Annealing encloses a log p(x) that is known in closed form, from both sides."""

import jax
import numpy as np
import pytest
import scipy.special
import scipy.stats

from aelab.evaluation import estimate
from aelab.evaluation.bounds import importance_bound
from aelab.seeds import key_named
from aelab.truth import FROM_POSTERIOR, FROM_PRIOR, annealed, reverse_annealed, simulated
from aelab.truth.annealing import Annealed, temperature
from aelab.truth.ends import ends

KEY = jax.random.key(0)
EVENTS = 60
WAYS = [FROM_PRIOR._replace(temperatures=300), FROM_POSTERIOR._replace(temperatures=100)]  # a small code needs few
STARTS = pytest.mark.parametrize("how", WAYS, ids=["prior", "posterior"])


@pytest.fixture(scope="module")
def made(linear_gaussian):
    """Parameters whose q(z|x) is off, events of the model, their codes, and log p(x)."""
    params = linear_gaussian.params(shift=0.5, log_ratio=0.4)
    z, batch = simulate(linear_gaussian, params, linear_gaussian.batch(EVENTS // 3))
    return params, z, batch, linear_gaussian._replace(x=np.asarray(batch.targets)).log_marginal


def simulate(linear_gaussian, params, batch):
    return jax.jit(lambda: simulated(linear_gaussian.model, params, KEY, batch))()


def off(values, truth):
    """How many standard errors the mean is away from the truth's."""
    found = estimate.mean(np.asarray(values, np.float64) - truth)
    return found.value / found.error


@STARTS
def test_both_sides_enclose_the_exact_log_density(linear_gaussian, made, how):
    params, z, batch, truth = made
    lower = annealed(linear_gaussian.model, params, KEY, batch, how).lower
    upper = reverse_annealed(linear_gaussian.model, params, KEY, batch, z, how).upper
    assert off(lower, truth) < 3
    assert off(upper, truth) > -3
    assert abs((upper - lower).mean()) < 0.05
    np.testing.assert_allclose(lower, truth, atol=0.5)
    np.testing.assert_allclose(upper, truth, atol=0.5)


@pytest.mark.long
def test_a_short_way_is_loose_on_both_sides(linear_gaussian, made):
    params, z, batch, truth = made
    how = FROM_PRIOR._replace(temperatures=4, chains=1)
    assert off(annealed(linear_gaussian.model, params, KEY, batch, how).lower, truth) < -3
    assert off(reverse_annealed(linear_gaussian.model, params, KEY, batch, z, how).upper, truth) > 3


def test_weights_count_by_their_mean_from_below_and_by_that_of_their_inverses_from_above():
    """Of 1 and 3 that is 2, and 1 / (½ (1 + ⅓)) = 1.5."""
    found = Annealed(np.log([[1.0, 3.0]]), np.ones(1))
    np.testing.assert_allclose(np.exp([found.lower, found.upper]), [[2], [1.5]], rtol=1e-6)


def test_the_importance_weighted_bound_meets_it_too(linear_gaussian, made):
    params, _, batch, truth = made
    bound = jax.jit(lambda: importance_bound(linear_gaussian.model, params, KEY, batch, 1000))()
    lower = annealed(linear_gaussian.model, params, KEY, batch, FROM_POSTERIOR).lower
    assert abs((bound - truth).mean()) < 0.05
    assert abs((bound - lower).mean()) < 0.05


@STARTS
def test_one_step_is_plain_importance_sampling(linear_gaussian, made, how):
    """log p(x|z) p(z) / f(z) at the codes that were drawn from f, each density by SciPy."""
    params, _, batch, _ = made
    how = how._replace(temperatures=1)
    found = annealed(linear_gaussian.model, params, KEY, batch, how).log_weights

    def drawn():
        way = ends(linear_gaussian.model, params, key_named(KEY, "width"), batch, how.start)
        return way.draw(key_named(KEY, "start"), how.chains)

    z, one, x = np.asarray(jax.jit(drawn)()), linear_gaussian, np.asarray(batch.targets)[:, None]
    normal = scipy.stats.norm.logpdf
    expected = normal(x, z @ one.w.T + one.b, one.sigma).sum(-1)
    if how.start == "posterior":
        mean = one._replace(x=np.asarray(batch.targets)).mean + 0.5
        q = normal(z, mean[:, None], np.sqrt(one.variance * np.exp(0.4))).sum(-1)
        expected += normal(z).sum(-1) - q
    np.testing.assert_allclose(found, expected, atol=2e-3, rtol=1e-5)


@pytest.mark.parametrize("temperatures", [1, 7])
def test_weights_from_the_true_posterior_are_all_the_density(linear_gaussian, made, temperatures):
    """Then f_1 / f_0 is p(x) wherever a chain is, so that the increments must add up to one whole."""
    _, z, batch, truth = made
    params, how = linear_gaussian.params(), FROM_POSTERIOR._replace(temperatures=temperatures)
    forwards = annealed(linear_gaussian.model, params, KEY, batch, how).log_weights
    backwards = reverse_annealed(linear_gaussian.model, params, KEY, batch, z, how).log_weights
    np.testing.assert_allclose(forwards, np.broadcast_to(truth[:, None], forwards.shape), atol=1e-3)
    np.testing.assert_allclose(backwards, np.broadcast_to(truth[:, None], forwards.shape), atol=1e-3)


@STARTS
def test_weights_are_unbiased_and_so_are_their_inverses_on_the_way_back(linear_gaussian, made, how):
    """E[w] = p(x) and E[1/w] = 1/p(x), on a way so short that both bounds are loose."""
    params, z, batch, truth = made
    how = how._replace(temperatures=12)
    forwards = annealed(linear_gaussian.model, params, KEY, batch, how).log_weights
    backwards = reverse_annealed(linear_gaussian.model, params, KEY, batch, z, how).log_weights
    for ratio in (np.exp(forwards - truth[:, None]), np.exp(truth[:, None] - backwards)):
        assert abs(off(ratio.mean(1), 1)) < 3.5
        assert ratio.std() > 0.2


def test_what_a_row_gives_does_not_depend_on_its_batch(linear_gaussian, made):
    params, z, batch, _ = made
    how, rows = FROM_PRIOR._replace(temperatures=5), slice(7, 10)
    some = jax.tree.map(lambda leaf: leaf[rows], batch)
    for found, alone in (
        (annealed(linear_gaussian.model, params, KEY, b, how) for b in (batch, some)),
        (reverse_annealed(linear_gaussian.model, params, KEY, b, c, how) for b, c in ((batch, z), (some, z[rows]))),
    ):
        np.testing.assert_allclose(found.log_weights[rows], alone.log_weights, atol=1e-3)


@pytest.mark.long
def test_the_error_of_a_mean_bound_covers_the_truth_as_often_as_it_says(linear_gaussian):
    """The mean of log p(x) over events of the model is minus the entropy of a normal distribution."""
    one, repeats, events = linear_gaussian, 200, 50
    params, x = one.params(shift=0.05), np.zeros((repeats * events, 4), np.float32)
    batch = one.batch(1)._replace(inputs=x, targets=x, index=np.arange(len(x)))
    _, batch = simulate(one, params, batch)
    how = FROM_POSTERIOR._replace(temperatures=3, chains=4)
    lower = np.asarray(annealed(one.model, params, KEY, batch, how).lower)
    covariance = one.w @ one.w.T + one.sigma**2 * np.eye(4)
    truth = -0.5 * np.linalg.slogdet(2 * np.pi * np.e * covariance)[1]
    intervals = [estimate.mean(part).interval(1.645) for part in lower.reshape(repeats, events)]
    assert np.mean([low < truth < high for low, high in intervals]) == pytest.approx(0.90, abs=0.04)


@pytest.mark.long
def test_chains_that_start_from_one_exact_draw_soon_differ(linear_gaussian, made):
    params, z, batch, _ = made
    how = FROM_POSTERIOR._replace(temperatures=1)
    weights = reverse_annealed(linear_gaussian.model, params, KEY, batch, z, how).log_weights
    assert (np.std(weights, axis=1) > 0).all()
    assert np.isfinite(weights).all()


def test_the_sigmoid_is_slow_at_both_ends():
    """σ(4 (2 s − 1)), moved and stretched until it goes from 0 to 1, by SciPy."""
    shares = np.linspace(0, 1, 9)
    raw = scipy.special.expit(4 * (2 * shares - 1))
    found = [temperature(np.float32(share), "sigmoid") for share in shares]
    np.testing.assert_allclose(found, (raw - raw[0]) / (raw[-1] - raw[0]), atol=1e-6)
    assert (found[0], found[-1]) == (0, 1)

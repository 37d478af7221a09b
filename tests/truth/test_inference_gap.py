"""The gap of an encoder on a model whose true posterior is a normal distribution with a full covariance."""

import jax
import numpy as np
import pytest

from aelab.evaluation import estimate
from aelab.truth import elbos, gaps, tighter

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def correlated(linear_gaussian):
    """The linear model with directions that are not orthogonal, so that p(z|x) is no diagonal normal."""
    return linear_gaussian._replace(w=linear_gaussian.w @ np.array([[1.0, 0.8], [0.0, 1.2]]))


def precision(one):
    """Of the true posterior."""
    return np.eye(2) + one.w.T @ one.w / one.sigma**2


def params(one, shift=0.0, log_ratio=0.0):
    """The best diagonal normal, the mean of p(z|x) and variances 1 / diag(precision), moved by so much."""
    to_mean = one.w @ np.linalg.inv(precision(one)) / one.sigma**2
    found = one.params()
    log_variance = np.log(1 / np.diag(precision(one))) + log_ratio
    heads = found["model"]["posterior"]["mean_and_log_variance"]
    heads["kernel"] = np.float32(np.concatenate([to_mean, 0 * to_mean], 1))
    heads["bias"] = np.float32(np.concatenate([shift - one.b @ to_mean, log_variance]))
    return found


def divergence(one, shift, log_ratio):
    """KL(q‖p(z|x)) of that diagonal normal: ½ (tr(P D) + sᵀP s − d − log det P − log det D)."""
    p, variance = precision(one), np.exp(log_ratio) / np.diag(precision(one))
    away = np.full(2, shift)
    quadratic = np.diag(p) @ variance + away @ p @ away
    return 0.5 * (quadratic - 2 - np.linalg.slogdet(p)[1] - np.log(variance).sum())


@pytest.fixture(scope="module")
def found(correlated):
    """From an encoder that is off by a shift of 0.2 and by variances that are half as large again."""
    return elbos(correlated.model, params(correlated, 0.2, 0.4), KEY, correlated.batch(4))


def test_the_best_diagonal_normal_has_the_variance_that_is_known(correlated, found):
    precise = np.diag(precision(correlated))
    np.testing.assert_allclose(np.exp(found.optimum.log_variance), np.tile(1 / precise, (12, 1)), rtol=0.15)
    mean = (correlated.x - correlated.b) @ correlated.w @ np.linalg.inv(precision(correlated)) / correlated.sigma**2
    away = (found.optimum.mean - np.repeat(mean, 4, 0)) * np.sqrt(precise)
    np.testing.assert_allclose(away, 0, atol=0.1)


def test_both_gaps_equal_their_closed_forms(correlated, found):
    truth = np.repeat(correlated.log_marginal, 4)
    split = gaps(truth, found.amortised, found.optimal)
    least, all_of_it = divergence(correlated, 0, 0), divergence(correlated, 0.2, 0.4)
    assert least > 0.2
    assert split.approximation.value == pytest.approx(least, abs=0.03)
    assert split.amortisation.value == pytest.approx(all_of_it - least, abs=0.05)
    assert split.inference.value == pytest.approx(split.approximation.value + split.amortisation.value, abs=1e-6)
    assert split.inference == estimate.mean(truth - np.asarray(found.amortised, np.float64))


def test_an_encoder_that_says_the_best_leaves_no_amortisation_gap(correlated):
    best = elbos(correlated.model, params(correlated), KEY, correlated.batch(4))
    split = gaps(np.repeat(correlated.log_marginal, 4), best.amortised, best.optimal)
    assert 0 <= split.amortisation.value < 0.01
    assert split.approximation.value == pytest.approx(divergence(correlated, 0, 0), abs=0.03)


def test_of_two_bounds_the_tighter_one_is_taken_as_a_whole():
    loose, tight = np.array([-3.0, -1.0]), np.array([-2.0, -1.5])
    assert tighter(loose, tight) is tight

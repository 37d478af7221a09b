"""Standard errors: how often intervals made of them cover what is true."""

import math

import numpy as np
import pytest

from aelab.evaluation import estimate

REPEATS = 400


def share_covered(truth, made):
    """How often 90 % intervals cover the truth."""
    inside = [low < truth < high for low, high in (each.interval(1.645) for each in made)]
    return np.mean(inside)


@pytest.mark.parametrize("draw", ["normal", "exponential"])
def test_the_error_of_a_mean_covers_the_truth_as_often_as_it_says(draw):
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((REPEATS, 200)) if draw == "normal" else rng.exponential(size=(REPEATS, 200)) - 1
    assert share_covered(0, map(estimate.mean, samples)) == pytest.approx(0.90, abs=0.04)


def test_the_bootstrap_of_a_correlation_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    pairs = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=(200, 300))
    made = [
        estimate.bootstrap(lambda x, y: np.corrcoef(x, y)[0, 1], each.T, draws=100, seed=i)
        for i, each in enumerate(pairs)
    ]
    assert share_covered(0.6, made) == pytest.approx(0.90, abs=0.04)


def test_of_one_example_no_error_is_known():
    assert estimate.mean(np.array([3.0])).value == 3
    assert math.isnan(estimate.mean(np.array([3.0])).error)


@pytest.mark.parametrize("errors", [estimate.by_parts, estimate.jackknife])
def test_errors_from_parts_are_as_large_as_fresh_samples_vary(errors):
    """Of the variance of normal numbers, whose standard error is √(2 / (n − 1))."""
    rng = np.random.default_rng(2)
    made = [errors(lambda x: {"variance": x.var(ddof=1)}, [rng.normal(size=(500,))])["variance"] for _ in range(200)]
    assert np.sqrt(np.mean([each.error**2 for each in made])) == pytest.approx(math.sqrt(2 / 499), rel=0.1)
    assert {each.n for each in made} == {500}


def test_the_jackknife_that_leaves_out_one_is_the_error_of_a_mean():
    x = np.random.default_rng(3).exponential(size=40)
    found = estimate.jackknife(lambda x: {"mean": x.mean()}, [x], parts=40)["mean"]
    assert found == pytest.approx(tuple(estimate.mean(x)))


@pytest.mark.parametrize("errors", [estimate.by_parts, estimate.jackknife])
def test_of_parts_that_would_be_too_small_no_error_is_known(errors):
    found = errors(lambda x: {"mean": x.mean()}, [np.arange(19.0)], least=2)["mean"]
    assert found.value == 9
    assert math.isnan(found.error)

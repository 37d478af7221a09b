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

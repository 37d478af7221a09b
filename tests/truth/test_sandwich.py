"""A sandwich over many events: batch by batch, the same wherever it goes on."""

import numpy as np
import pytest

from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation import estimate
from aelab.seeds import Purpose, key_for
from aelab.truth import FROM_POSTERIOR, lower_bounds, sandwich

HOW = FROM_POSTERIOR._replace(temperatures=20, chains=4)
KEY = key_for(0, Purpose.EVALUATE)
EVENTS = 70  # more than the source has


@pytest.fixture(scope="module")
def given(linear_gaussian):
    params = linear_gaussian.params(shift=0.3)
    x = np.float32(linear_gaussian.b + np.random.default_rng(1).normal(size=(50, 4)))
    return linear_gaussian.model, params, KEY, ArraySource(x, None, Spec((4,), "float32", "real"))


def test_the_gap_is_the_mean_distance_of_bounds_of_the_models_own_events(linear_gaussian, given):
    done = []
    found = sandwich(*given, EVENTS, how=HOW, size=20, progress=lambda *rows: done.append(rows))
    assert done == [(20, 70), (40, 70), (60, 70), (70, 70)]
    assert found.lower.shape == found.upper.shape == (EVENTS,)
    assert len(np.unique(found.lower)) == EVENTS  # each an event of its own
    assert found.gap == estimate.mean(found.upper - found.lower)
    assert abs(found.gap.value) < 0.1
    assert (found.acceptance > 0.3).all()
    # log p(x) of events from a normal distribution: minus its entropy, in the mean
    covariance = linear_gaussian.w @ linear_gaussian.w.T + linear_gaussian.sigma**2 * np.eye(4)
    low, high = estimate.mean(found.lower).interval(3)
    assert low < -0.5 * np.linalg.slogdet(2 * np.pi * np.e * covariance)[1] < high


def test_who_goes_on_finds_the_same_as_who_never_stopped(given):
    whole = sandwich(*given, EVENTS, how=HOW, size=20)
    rest = sandwich(*given, EVENTS, how=HOW, size=20, start=40)
    for all_rows, last in zip(whole, rest, strict=True):
        np.testing.assert_array_equal(all_rows[40:], last)
    whole, rest = (lower_bounds(*given, 50, how=HOW, size=20, start=start) for start in (0, 40))
    np.testing.assert_array_equal(whole[40:], rest)


def test_real_events_are_bounded_from_below(linear_gaussian, given):
    found = lower_bounds(*given, 1000, how=HOW, size=20)
    truth = linear_gaussian._replace(x=given[-1].get_batch(np.arange(50))["x"]).log_marginal
    assert found.shape == (50,)
    np.testing.assert_allclose(found, truth, atol=0.5)
    assert found.mean() == pytest.approx(truth.mean(), abs=0.05)

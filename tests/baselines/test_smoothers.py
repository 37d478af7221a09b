"""Smoothers of series, held against scipy and against the normal distribution that a state space stands for."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline, PchipInterpolator

from aelab.baselines.smoothers import interpolated, kalman, savitzky_golay


def with_gaps(events=3, time=20, channels=2):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(events, time, channels)).cumsum(1)
    return np.where(rng.random(x.shape) < 0.3, np.nan, x)


@pytest.mark.parametrize(("kind", "reference"), [("cubic", CubicSpline), ("pchip", PchipInterpolator)])
def test_curves_go_through_what_is_seen_and_are_those_of_scipy_between(kind, reference):
    x = with_gaps()
    found = interpolated(x, kind)
    seen = ~np.isnan(x)
    np.testing.assert_allclose(found[seen], x[seen])
    at = np.flatnonzero(seen[1, :, 0])
    np.testing.assert_allclose(found[1, :, 0], reference(at, x[1, at, 0])(np.arange(20).clip(at[0], at[-1])))


def test_lines_are_straight_and_a_series_with_one_step_stays():
    x = np.array([[0.0, np.nan, 4.0, np.nan], [np.nan, 1.0, np.nan, np.nan]])[..., None]
    np.testing.assert_allclose(interpolated(x, "linear")[..., 0], [[0, 2, 4, 4], [0, 1, 0, 0]])


def test_a_polynomial_passes_through_a_window_as_long_as_its_order():
    x = np.nan_to_num(with_gaps())
    np.testing.assert_array_equal(savitzky_golay(x, 5, 5), x)
    line = np.arange(20.0).reshape(1, -1, 1)
    np.testing.assert_allclose(savitzky_golay(line, 7, 1)[:, 3:-3], line[:, 3:-3])


@pytest.mark.parametrize(("level", "slope"), [(0, 0.3), (0.5, 0.01)])
def test_the_smoother_gives_the_conditional_mean_of_the_normal_distribution_that_its_steps_make(level, slope):
    x = with_gaps()
    time = np.arange(20)
    walk = np.minimum(time[:, None], time)  # covariance of a walk that starts at 0
    sums = np.tril(np.ones((20, 20)), -1)  # from slopes to a trend
    covariance = level * walk + slope * sums @ walk @ sums.T + 1e7 * (1 + np.outer(time, time))
    seen = ~np.isnan(x[2, :, 1])
    gain = np.linalg.solve(covariance[np.ix_(seen, seen)] + np.eye(seen.sum()), x[2, seen, 1])
    np.testing.assert_allclose(kalman(x, level, slope)[2, :, 1], covariance[:, seen] @ gain, atol=1e-4)

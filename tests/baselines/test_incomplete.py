"""The normal distribution of a table with gaps against its moments, and against the closed form of one gap pattern."""

import numpy as np

from aelab.baselines import incomplete
from aelab.baselines.gaussian import conditional_mean

RNG = np.random.default_rng(0)
WHOLE = RNG.normal(size=(60, 3)) @ RNG.normal(size=(3, 3)) + (1, 2, 3)


def test_without_gaps_it_has_the_moments_of_the_table():
    found = incomplete.fit(WHOLE, steps=1)
    np.testing.assert_allclose(found.mean, WHOLE.mean(0))
    np.testing.assert_allclose(found.covariance, np.cov(WHOLE.T, bias=True))


def test_where_one_column_has_gaps_it_is_the_regression_on_the_others():
    """The likelihood then factors, and its maximum is in closed form (Anderson 1957, JASA 52)."""
    x, seen = WHOLE[:, :2].copy(), np.arange(60) < 35
    x[~seen, 1] = np.nan
    slope, intercept = np.polyfit(x[seen, 0], x[seen, 1], 1)
    residual = np.var(x[seen, 1] - slope * x[seen, 0] - intercept)
    found = incomplete.fit(x, steps=500)
    np.testing.assert_allclose(found.mean, [x[:, 0].mean(), intercept + slope * x[:, 0].mean()], rtol=1e-6)
    variance = x[:, 0].var()
    expected = [[variance, slope * variance], [slope * variance, residual + slope**2 * variance]]
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-6)


def test_gaps_are_filled_as_holes_are():
    moments = incomplete.fit(WHOLE, steps=1)
    gone = RNG.random(WHOLE.shape) < 0.4
    filled = incomplete.fill(moments, np.where(gone, np.nan, WHOLE))
    np.testing.assert_allclose(filled.mean, conditional_mean(moments, WHOLE, gone, 0.0))
    assert (filled.variance[gone] > 0).all()
    assert (filled.variance[~gone] == 0).all()
    all_gone = gone.all(1)
    np.testing.assert_allclose(filled.variance[all_gone], np.diag(moments.covariance) * np.ones((all_gone.sum(), 3)))

"""Filled gaps against the conditional distribution of a normal one, in closed form."""

import numpy as np
import pytest

from aelab.sklearn import Autoencoder

ROWS = np.array([[0.5, np.nan, 0.1, np.nan], [np.nan, 0.4, -1.0, -0.6]])
DRAWS = 8000


def conditional(row, mean, covariance):
    """Mean and covariance of what is missing of a row, given the rest."""
    gone = np.isnan(row)
    across = covariance[np.ix_(gone, ~gone)] @ np.linalg.inv(covariance[np.ix_(~gone, ~gone)])
    centre = mean[gone] + across @ (row[~gone] - mean[~gone])
    return centre, covariance[np.ix_(gone, gone)] - across @ covariance[np.ix_(~gone, gone)]


def test_a_gap_holds_its_conditional_mean(linear, marginal):
    filled = linear.impute(ROWS, draws=DRAWS)
    for row, own in zip(ROWS, filled, strict=True):
        np.testing.assert_allclose(own[np.isnan(row)], conditional(row, *marginal)[0], atol=0.05)


def test_imputations_are_draws_from_the_conditional_distribution(linear, marginal):
    filled = linear.impute(ROWS, imputations=2000, draws=DRAWS)
    for i, row in enumerate(ROWS):
        centre, covariance = conditional(row, *marginal)
        gaps = filled[:, i, np.isnan(row)]
        np.testing.assert_allclose(gaps.mean(0), centre, atol=0.08)
        np.testing.assert_allclose(np.atleast_2d(np.cov(gaps.T)), covariance, atol=0.1)


def test_what_was_observed_stays_and_nothing_is_missing(fitted, table):
    x = table.copy()
    x[::2, 1] = np.nan
    for filled in (fitted.impute(x, draws=10), *fitted.impute(x, imputations=2, draws=10)):
        assert not np.isnan(filled).any()
        np.testing.assert_array_equal(filled[~np.isnan(x)], x[~np.isnan(x)])


def test_a_seed_repeats_its_draws(fitted, table):
    x = np.where(np.arange(3) == 1, np.nan, table)
    one, again, other = (fitted.impute(x, imputations=2, draws=10, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other)[:, :, 1].all()


@pytest.mark.long
def test_gaps_of_training_are_learnt_from_the_rest():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 1)) @ np.ones((1, 5)) + 0.3 * rng.normal(size=(400, 5))
    holes = np.where(rng.random(x.shape) < 0.3, np.nan, x)
    model = Autoencoder(1, widths=(16,), objective="iwae", samples=5, epochs=200, random_state=0).fit(holes)
    error = np.square(model.impute(holes) - x)[np.isnan(holes)].mean()
    covariance = np.ones((5, 5)) + 0.09 * np.eye(5)
    best = x.copy()
    for row, own in zip(holes, best, strict=True):
        if np.isnan(row).any():
            own[np.isnan(row)] = conditional(row, np.zeros(5), covariance)[0]
    assert error < 1.15 * np.square(best - x)[np.isnan(holes)].mean()

"""Bounds against densities in closed form, thresholds against cases worked by hand."""

import numpy as np
import pytest
from scipy import stats
from sklearn.decomposition import PCA

from aelab.sklearn import Autoencoder
from aelab.sklearn.scoring import threshold

ROWS = np.array([[0.5, -0.2, 0.1, 0.3], [1.5, 0.4, -1.0, -0.6], [-0.4, 0.9, 0.2, 1.2]])
NONE = np.zeros(10, bool)


def test_the_bound_of_a_linear_model_is_near_its_density(linear, marginal):
    np.testing.assert_allclose(linear.score_samples(ROWS), stats.multivariate_normal(*marginal).logpdf(ROWS), atol=0.06)


def test_with_entries_missing_it_is_that_of_the_others(linear, marginal):
    (mean, covariance), there = marginal, [0, 2]
    rows = np.full_like(ROWS, np.nan)
    rows[:, there] = ROWS[:, there]
    density = stats.multivariate_normal(mean[there], covariance[np.ix_(there, there)])
    np.testing.assert_allclose(linear.score_samples(rows), density.logpdf(ROWS[:, there]), atol=0.06)


def test_units_of_the_table_move_a_density_by_their_volume(table):
    scaled = table * (1000, 1, 1)
    one, other = (Autoencoder(1, widths=(), epochs=1, random_state=0).fit(x) for x in (table, scaled))
    np.testing.assert_allclose(one.score_samples(table) - np.log(1000), other.score_samples(scaled), rtol=1e-4)


def test_a_row_is_scored_and_coded_alike_wherever_it_stands(fitted, table):
    for ask in (fitted.score_samples, fitted.transform):
        whole = ask(table)
        np.testing.assert_array_equal(ask(table[::-1]), whole[::-1])
        np.testing.assert_array_equal(ask(table[7:8]), whole[7:8])


def test_samples_have_the_moments_of_the_model(linear, marginal):
    x = linear.sample(5000, random_state=0)
    np.testing.assert_allclose(x.mean(0), marginal[0], atol=0.08)
    np.testing.assert_allclose(np.cov(x.T), marginal[1], atol=0.12)


def test_the_threshold_by_contamination_leaves_that_share_below():
    scores = np.arange(10.0)
    assert threshold(scores, NONE, 0.2, None) == pytest.approx(1.8)  # 0 and 1 are below


def test_the_threshold_by_alarms_is_the_conformal_one_of_the_rows_held_out():
    scores, aside = np.r_[np.arange(9.0), 100.0], np.r_[np.ones(9, bool), False]
    assert threshold(scores, aside, 0.1, 0.2) == 1.0  # the 8th smallest of 9 strangenesses: ceil(10 · 0.8) = 8


def test_outliers_are_below_the_threshold(fitted, table):
    far = table + np.array([0, 0, 1])
    assert (fitted.predict(far) == -1).all()
    assert (fitted.predict(table) == -1).sum() == 8  # the share of contamination of 80
    np.testing.assert_array_equal(fitted.decision_function(table) < 0, fitted.predict(table) == -1)


@pytest.mark.long
def test_a_linear_model_learns_what_principal_components_say():
    """The optimum of a linear VAE with one σ is probabilistic PCA (Lucas et al. 2019, arXiv:1911.02469)."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 2)) @ rng.normal(size=(2, 6)) + 0.4 * rng.normal(size=(500, 6))
    model = Autoencoder(2, widths=(), epochs=400, lr=1e-2, standardise=False, score_draws=500, random_state=0).fit(x)
    assert model.score(x) == pytest.approx(PCA(2).fit(x).score(x), abs=0.03)


@pytest.mark.long
def test_false_alarms_are_as_rare_as_was_asked_for():
    rng = np.random.default_rng(0)
    model = Autoencoder(2, widths=(16,), epochs=20, alarms=0.1, validation=0.4, random_state=0)
    rates = [(model.fit(rng.normal(size=(300, 4))).predict(rng.normal(size=(2000, 4))) == -1).mean() for _ in range(20)]
    assert np.mean(rates) < 0.1 + 4 * np.std(rates) / 20**0.5
    assert np.mean(rates) > 0.05

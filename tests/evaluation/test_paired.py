"""Intervals of leads, against SciPy's bootstrap and against the normal limit."""

import numpy as np
import pytest
from scipy import stats

from aelab.evaluation.paired import lead, lead_of_means


def test_the_interval_is_that_of_scipy():
    rng = np.random.default_rng(1)
    ours, rival = rng.normal(1, 1, 400), rng.normal(0.8, 1, 400)
    found = lead_of_means(ours, rival)
    theirs = stats.bootstrap((ours - rival,), np.mean, n_resamples=4000, method="percentile", rng=2)
    assert found.value == pytest.approx((ours - rival).mean())
    error = (ours - rival).std() / 20
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.15 * error)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.15 * error)


def test_seeds_are_averaged_first_and_what_nobody_spoilt_is_left_out():
    ours = np.array([[1.0, 3.0, np.inf], [3.0, 5.0, np.inf]])
    assert lead_of_means(ours, np.array([1.0, 1.0, np.inf])).value == 2.0


def test_where_nobody_spoilt_any_event_nobody_is_ahead():
    assert lead_of_means(np.full((2, 3), np.inf), np.full(3, np.inf)) == (0, 0, 0)


def test_draws_of_which_a_statistic_is_not_defined_do_not_count():
    strange = np.array([True, False, False, True])

    def share(index):  # of draws of one kind alone there is none
        drawn = strange[index]
        return np.where(drawn.all(1) | ~drawn.any(1), np.nan, drawn.mean(1))

    assert lead(share, 4) == (0.5, 0.25, 0.75)


def test_pairs_stay_together():
    easy = np.random.default_rng(3).normal(0, 100, 500)  # events differ far more than methods
    found = lead_of_means(easy + 1, easy)
    assert (found.low, found.high) == pytest.approx((1, 1))


def test_of_any_statistic():
    x = np.random.default_rng(4).exponential(size=300)
    found = lead(lambda index: np.median(x[index], axis=-1), len(x))
    theirs = stats.bootstrap((x,), np.median, n_resamples=4000, method="percentile", rng=5).confidence_interval
    assert found.value == np.median(x)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)

"""The protocol of the table of filled gaps, and that the page shows the table that was measured."""

import json
from pathlib import Path

import numpy as np
import pytest

from aelab.config import from_json
from experiments import impute

ROOT = Path(__file__).parents[2]


def test_half_of_the_entries_go_and_the_others_stay():
    x, gaps = impute.with_gaps(impute.Config(), 0)
    gone = np.isnan(gaps)
    assert x.shape == (569, 30)
    assert gone.sum() == 569 * 30 // 2
    np.testing.assert_array_equal(gaps[~gone], x[~gone])
    np.testing.assert_allclose([x.mean(0), x.std(0)], [np.zeros(30), np.ones(30)], atol=1e-12)
    assert (np.isnan(impute.with_gaps(impute.Config(), 1)[1]) != gone).any()


def test_only_entries_that_were_taken_away_are_judged():
    x, gaps = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[np.nan, 2.0], [3.0, np.nan]])
    filled, interval = np.array([[3.0, 9.0], [9.0, 4.0]]), (np.full((2, 2), 2.5), np.full((2, 2), 5.0))
    assert impute.judged(x, gaps, filled, interval) == {"squared_error": pytest.approx(2.0), "held": 0.5}
    assert impute.judged(x, gaps, filled)["held"] is None


def test_the_page_shows_what_was_measured():
    stored = json.loads((ROOT / "results" / "impute.json").read_text())
    config = from_json(impute.Config, stored["config"])
    page = (ROOT / "docs" / "estimator.md").read_text()
    assert impute.table(config, stored["rows"], stored["baselines"]) in page

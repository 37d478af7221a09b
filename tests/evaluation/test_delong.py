"""The AUROC and its error against pairs, a case worked by hand, and fresh draws."""

import math

import numpy as np
import pytest

from aelab.evaluation.delong import auroc


def test_it_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    own, other = rng.normal(0, 1, 40).round(1), rng.normal(1, 1, 30).round(1)
    pairs = (other[:, None] > own) + 0.5 * (other[:, None] == own)
    assert auroc(own, other).value == pytest.approx(pairs.mean())


def test_its_error_is_that_worked_by_hand():
    """Shares of own below 2 and 3: ¾ and 1; of others above 1 and 2: 1 and ¾. Both variances are 1/32."""
    found = auroc(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    assert found == pytest.approx((7 / 8, math.sqrt(1 / 32 / 2 + 1 / 32 / 2), 4))
    assert math.isnan(auroc(np.array([1.0]), np.array([2.0, 3.0])).error)


def test_its_error_is_as_large_as_fresh_draws_vary():
    rng = np.random.default_rng(1)
    made = [auroc(rng.normal(size=60), rng.normal(0.8, 2, 150)) for _ in range(400)]
    spread = np.std([each.value for each in made], ddof=1)
    assert np.sqrt(np.mean([each.error**2 for each in made])) == pytest.approx(spread, rel=0.1)

"""Disentanglement and completeness of importances worked by hand, and of forests whose splits are known."""

import numpy as np
import pytest

from aelab.disentanglement.dci import concentration, dci


def test_rows_count_by_their_share_of_the_importance():
    """Rows (¾, ¼), (0, ½) and (0, 0): 1 − H₂(¾, ¼), at 1 of 1.5, and 1 − 0, at 0.5 of 1.5."""
    entropy = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))
    found = concentration(np.array([[0.75, 0.25], [0, 0.5], [0, 0]]))
    assert found == pytest.approx((1 * (1 - entropy) + 0.5 * 1) / 1.5)
    assert concentration(np.full((4, 3), 0.2)) == pytest.approx(0)
    assert concentration(np.zeros((2, 2))) == 0


def test_a_factor_in_two_bits_is_disentangled_and_not_complete():
    """The first split, on either bit, takes ¼ of the impurity of ¾, and the second ½. So R is between ⅓ and ⅔."""
    rng = np.random.default_rng(0)
    four, other = rng.integers(4, size=1000), rng.integers(2, size=1000)
    found = dci(np.stack([four // 2, four % 2, other], 1), np.stack([four, other], 1))
    assert found.disentanglement == pytest.approx(1, abs=1e-6)
    low, high = (1 - np.log(2) / np.log(3), 1 + (np.log(1 / 3) / 3 + 2 * np.log(2 / 3) / 3) / np.log(3))
    assert (low + 1) / 2 - 0.01 < found.completeness < (high + 1) / 2 + 0.01
    assert found.informativeness == 1


def test_a_number_with_two_factors_is_complete_and_not_disentangled():
    rng = np.random.default_rng(1)
    a, b = rng.integers(2, size=(2, 1000))
    found = dci(np.stack([a + 2 * b, rng.normal(size=1000)], 1), np.stack([a, b], 1))
    assert found.disentanglement == pytest.approx(0, abs=0.02)
    assert found.completeness == pytest.approx(1, abs=0.02)

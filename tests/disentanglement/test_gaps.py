"""MIG, MIG-sup, SAP and modularity of codes whose information is worked by hand.

Two factors of two values come together in all four ways as often. So each pair of columns below is a table of quarters.
"""

import numpy as np
import pytest

from aelab.disentanglement import mig, mig_sup, modularity, sap

A, B = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
FACTORS = np.stack([A, B], 1)
AND = A & B  # I(AND; A) = H(AND) − H(AND|A) = H(¼) − ½ ln 2, and the same of B
H = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
SHARE = (H - 0.5 * np.log(2)) / np.log(2)  # of a factor's entropy that AND says


def codes(*columns):
    return np.stack(columns, 1).astype(float)


@pytest.mark.parametrize(
    ("columns", "of_factors", "of_numbers"),
    [
        ((A, B), 1, 1),
        ((A, A), 0, 1),  # A is in two numbers and B in none: both gaps are 0; each number holds one factor
        ((A, AND), (1 - SHARE + SHARE) / 2, (1 + 0) / 2),  # A: 1 − s; B: s − 0. Number 1 holds A, AND both alike
        ((2 * A + B,), 1, 0),  # one number holds both, and no other holds anything
    ],
)
def test_the_gaps_are_those_worked_by_hand(columns, of_factors, of_numbers):
    assert mig(codes(*columns), FACTORS) == pytest.approx(of_factors, abs=1e-12)
    assert mig_sup(codes(*columns), FACTORS) == pytest.approx(of_numbers, abs=1e-12)


def test_modularity_punishes_the_share_of_the_second_factor():
    """Of n copies of all four ways and some more of (0, 0) and (1, 1), A says something of B."""
    a, b = np.r_[A, 0, 1], np.r_[B, 0, 1]
    about_b = (4 * 2 / 6 / 2) * np.log(4 / 3) + (2 * 1 / 6) * np.log(2 / 3)  # shares ⅓, ⅙, ⅙, ⅓; margins ½
    found = modularity(codes(a), np.stack([a, b], 1))
    assert found == pytest.approx(1 - (about_b / np.log(2)) ** 2)
    assert modularity(codes(A, AND), FACTORS) == pytest.approx((1 + 0) / 2, abs=1e-12)
    assert modularity(codes(A), FACTORS[:, :1]) == 1


def test_sap_is_the_gap_of_squared_correlations():
    """Corr(AND, A)² = (¼ − ⅛)² / (3/16 · ¼) = ⅓, and the same of B."""
    assert sap(codes(A, AND), FACTORS) == pytest.approx(((1 - 1 / 3) + (1 / 3 - 0)) / 2)
    rng = np.random.default_rng(0)
    factors = rng.integers(5, size=(300, 2))
    z = factors @ rng.normal(size=(2, 3)) + rng.normal(size=(300, 3))
    squares = np.sort(np.square(np.corrcoef(z.T, factors.T)[:3, 3:]), axis=0)
    assert sap(z, factors) == pytest.approx((squares[-1] - squares[-2]).mean())

"""Mutual information against tables of probabilities worked by hand, and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from aelab.disentanglement import information


def test_of_a_table_it_is_the_sum_over_its_cells():
    """Shares 0.4, 0.1; 0.1, 0.4: all four margins are ½, and I = 0.8 ln 1.6 + 0.2 ln 0.4."""
    a, b = np.array([0] * 5 + [1] * 5), np.array([0] * 4 + [1] + [0] + [1] * 4)
    assert information.between(a, b) == pytest.approx(0.8 * np.log(1.6) + 0.2 * np.log(0.4))
    assert information.between(a, a) == pytest.approx(np.log(2))
    np.testing.assert_allclose(information.entropies(np.stack([a, b], 1)), np.log(2))


def test_it_agrees_with_scikit_learn_on_binned_codes():
    rng = np.random.default_rng(0)
    factors = rng.integers([3, 7], size=(400, 2))
    codes = factors @ rng.normal(size=(2, 3)) + rng.normal(size=(400, 3))
    edges = [np.histogram_bin_edges(column, 20)[1:-1] for column in codes.T]
    want = [
        [mutual_info_score(np.digitize(column, edge), values) for values in factors.T]
        for column, edge in zip(codes.T, edges, strict=True)
    ]
    np.testing.assert_allclose(information.mutual_information(codes, factors), want, rtol=1e-10)


def test_bins_are_of_equal_width_and_the_largest_number_is_in_the_last():
    codes = np.array([[0.0, 3], [0.049, 3], [0.05, 3], [0.51, 3], [1.0, 3]])
    np.testing.assert_array_equal(information.binned(codes), np.array([[0, 0], [0, 0], [1, 0], [10, 0], [19, 0]]))


def test_of_independent_pairs_it_is_the_error_that_is_known():
    rng = np.random.default_rng(1)
    found = [information.between(rng.integers(20, size=2000), rng.integers(10, size=2000)) for _ in range(50)]
    assert np.mean(found) == pytest.approx(19 * 9 / 4000, rel=0.05)


def test_the_gap_is_from_the_largest_to_the_second():
    np.testing.assert_allclose(information.gap(np.array([[1, 5, 3], [2, 2, 0]])), [2, 0])
    np.testing.assert_allclose(information.gap(np.array([[4.0]])), [4])

"""Trustworthiness and continuity of each example against scikit-learn's of all, and a circle that is cut open."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from aelab.evaluation.neighbourhoods import continuous, trusted


@pytest.mark.parametrize("k", [1, 5, 12])
def test_their_means_are_scikit_learns(k):
    rng = np.random.default_rng(0)
    events = rng.normal(size=(60, 4, 2))
    codes = events[:, :2, 0] + 0.3 * rng.normal(size=(60, 2))
    flat = events.reshape(60, -1)
    assert trusted(events, codes, k).mean() == pytest.approx(trustworthiness(flat, codes, n_neighbors=k))
    assert continuous(events, codes, k).mean() == pytest.approx(trustworthiness(codes, flat, n_neighbors=k))


def test_a_circle_cut_open_is_trusted_and_torn_where_it_was_cut():
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    line = angle[:, None] ** 1.001  # no two distances are equal
    assert trusted(circle, line, 2).mean() > 0.99
    torn = continuous(circle, line, 2)
    assert torn[20:40].min() == 1
    assert torn[0] < 0.6
    assert torn[-1] < 0.6


def test_all_neighbours_kept_is_1_and_of_two_examples_nothing_is_known():
    x = np.random.default_rng(1).normal(size=(20, 3))
    np.testing.assert_array_equal(trusted(x, 5 * x), 1)
    assert trusted(x[:2], x[:2]) is None

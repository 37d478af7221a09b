"""Neighbours among codes, against their definitions written out."""

import numpy as np
import pytest

from aelab.evaluation.neighbours import knn_accuracy, trustworthiness


def test_knn_is_the_vote_of_the_nearest():
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(60, 3)), rng.normal(size=(40, 3))
    labels, expected = rng.integers(0, 2, 60), rng.integers(0, 2, 40)
    nearest = np.argsort(np.square(test[:, None] - train).sum(-1), 1)[:, :5]
    votes = (labels[nearest].mean(1) > 0.5).astype(int)
    assert knn_accuracy(train, labels, test, expected) == pytest.approx((votes == expected).mean())


def test_trustworthiness_counts_ranks_of_new_neighbours():
    rng = np.random.default_rng(1)
    x, z, n, k = rng.normal(size=(50, 6)), rng.normal(size=(50, 2)), 50, 5
    far = np.square(x[:, None] - x).sum(-1).argsort(1).argsort(1)  # rank of j from i, 0 is i itself
    near = np.square(z[:, None] - z).sum(-1).argsort(1)[:, 1 : k + 1]
    beyond = np.maximum(np.take_along_axis(far, near, 1) - k, 0).sum()
    assert trustworthiness(x, z) == pytest.approx(1 - 2 * beyond / (n * k * (2 * n - 3 * k - 1)))
    assert trustworthiness(x, 3 * x) == 1

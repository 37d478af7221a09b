"""Distances of feature sets against closed forms, scipy and scikit-learn."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.neighbors import NearestNeighbors

from aelab.evaluation import likeness


def test_the_frechet_distance_of_two_normal_sets_is_the_closed_form():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, (200_000, 3)), rng.normal(1, 2, (200_000, 3))
    assert likeness.frechet(a, b) == pytest.approx(3 * (1 + (2 - 1) ** 2), rel=0.02)


def test_the_frechet_distance_agrees_with_scipys_root_and_is_none_to_itself():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) + 1
    s, t = np.cov(a.T), np.cov(b.T)
    want = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(s + t - 2 * sqrtm(s @ t).real)
    assert likeness.frechet(a, b) == pytest.approx(want, rel=1e-6)
    assert likeness.frechet(a, a) == pytest.approx(0, abs=1e-8)
    assert likeness.frechet(a, b) == pytest.approx(likeness.frechet(b, a))


def test_precision_and_recall_agree_with_nearest_neighbours():
    rng = np.random.default_rng(2)
    real, made = rng.normal(0, 1, (150, 4)), rng.normal(0.7, 0.6, (120, 4))

    def inside(x, centres):
        reach = NearestNeighbors(n_neighbors=4).fit(centres).kneighbors(centres)[0][:, 3]  # the first is itself
        return (np.linalg.norm(x[:, None] - centres, axis=-1) <= reach).any(1).mean()

    assert likeness.precision_recall(real, made) == pytest.approx((inside(made, real), inside(real, made)), abs=0.01)


def test_a_collapsed_set_is_precise_and_recalls_nothing_and_junk_is_neither():
    real = np.random.default_rng(3).normal(size=(500, 2))
    one = real[:1] + np.random.default_rng(4).normal(0, 1e-4, (500, 2))
    precision, recall = likeness.precision_recall(real, one)
    assert precision == 1
    assert recall < 0.05
    assert likeness.precision_recall(real, real + 1000) == (0, 0)


def test_coverage_counts_the_classes_and_confidence_is_the_mean_of_the_largest():
    assert likeness.covered_classes(np.eye(10)) == pytest.approx(10)
    assert likeness.covered_classes(np.eye(10)[[3, 3]]) == pytest.approx(1)
    assert likeness.covered_classes(np.eye(4)[[0, 1]]) == pytest.approx(2)
    assert likeness.confidence(np.array([[0.5, 0.5], [0.1, 0.9]])) == pytest.approx(0.7)


def test_the_bootstrap_spreads_as_fresh_samples_do():
    rng = np.random.default_rng(5)
    real = rng.normal(size=(400, 2))
    fresh = [likeness.frechet(rng.normal(size=(400, 2)), rng.normal(1, 1, (400, 2))) for _ in range(200)]
    drawn = likeness.bootstrap(real, {"far": rng.normal(1, 1, (400, 2)), "near": rng.normal(size=(400, 2))}, 200)
    assert drawn["far"].std() == pytest.approx(np.std(fresh), rel=0.3)
    assert (drawn["far"] > drawn["near"]).all()

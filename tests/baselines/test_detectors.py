"""Classical detectors against geometry and brute force."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from aelab.baselines import detectors

NORMAL = np.random.default_rng(0).normal(size=(60, 3))
METHODS = detectors.methods(3, 60, seed=0)
NEW = np.random.default_rng(1).normal(0, 2, size=(7, 3))


def test_pca_error_is_the_squared_distance_to_the_plane():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(50, 2)) @ np.eye(2, 5) + 7
    error = detectors.pca_error(plane.astype(np.float32), 2)
    np.testing.assert_allclose(error(plane[:3] + np.array([0, 0, 3, 4, 0])), 25, rtol=1e-4)


def test_the_distance_to_a_neighbour_by_brute_force():
    far = np.sort(cdist(NEW, NORMAL), 1)
    for k in (1, 4):
        np.testing.assert_allclose(detectors.neighbour_distance(NORMAL, k)(NEW), far[:, k - 1], rtol=1e-6)


def test_the_local_outlier_factor_by_its_definition():
    """Breunig et al. 2000, definitions 3 to 7."""
    k, among = 5, cdist(NORMAL, NORMAL) + np.diag(np.full(60, np.inf))
    radius = np.sort(among, 1)[:, k - 1]

    def density(away):
        near = np.argsort(away, 1)[:, :k]
        return 1 / np.maximum(np.take_along_axis(away, near, 1), radius[near]).mean(1), near

    own, (new, near) = density(among)[0], density(cdist(NEW, NORMAL))
    np.testing.assert_allclose(detectors.local_outlier_factor(NORMAL, k)(NEW), own[near].mean(1) / new, rtol=1e-6)


def test_the_one_class_svm_leaves_its_share_outside():
    score = detectors.one_class_svm(NORMAL, 0.25, 1.0)(NORMAL)
    assert (score > np.sort(score)[-15]).mean() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("name", METHODS)
def test_what_is_far_from_all_normal_events_scores_higher_again_and_again(name):
    method = METHODS[name]
    setting = {axis: own.values[0] for axis, own in method.axes.items()}
    score = method.fit(NORMAL, **setting)
    assert score(np.full((1, 3), 9.0)) > np.median(score(NORMAL))
    np.testing.assert_array_equal(score(NEW), method.fit(NORMAL, **setting)(NEW))


def test_a_plane_is_thinner_than_its_space_and_fewer_neighbours_than_events_are_asked():
    assert METHODS["PCA"].axes["width"].values == [1, 2]
    assert METHODS["PCA"].axes["width"].beyond(-1) is None
    assert METHODS.keys() - detectors.methods(1, 8, seed=0).keys() == {"PCA"}  # a lone entry has no plane beside it
    assert detectors.methods(3, 8, seed=0)["nearest neighbour"].axes["k"]._replace(values=(1, 6)).beyond(-1) == 7

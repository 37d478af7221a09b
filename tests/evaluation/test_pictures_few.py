"""The map of codes in two dimensions, of many events and of one or two."""

import numpy as np
import pytest

from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation.pictures import code_map, principal_plane


def test_the_plane_is_that_of_the_principal_components_of_scikit_learn():
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(0)
    z = (rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) + 7).astype(np.float32)
    np.testing.assert_allclose(principal_plane(z), PCA(2, svd_solver="full").fit_transform(z), atol=1e-4)


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_map_of_few_codes_is_finite_and_keeps_their_distances(count, width):
    z = np.random.default_rng(0).normal(size=(count, width)).astype(np.float32)
    source = ArraySource(np.zeros((count, 2)), None, Spec((2,), "float32", "real"))
    placed = code_map(z, source)["codes"]
    assert placed.shape == (count, 2)
    if count < 3 or width < 3:  # so few lie in a plane
        apart = [np.linalg.norm(x[:, None] - x[None], axis=-1) for x in (z, placed)]
        np.testing.assert_allclose(apart[1], apart[0], atol=1e-5)


def test_codes_that_are_all_alike_lie_on_one_place():
    """As those of a codebook that has collapsed; float32 numbers whose mean is not one of them."""
    z = np.full((7, 3), 0.1, np.float32)
    placed = code_map(z, ArraySource(np.zeros((7, 2)), None, Spec((2,), "float32", "real")))["codes"]
    np.testing.assert_array_equal(placed, 0)

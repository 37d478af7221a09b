"""The nearest training events against scikit-learn's search."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation import nearest


def test_they_are_those_of_scikit_learn_however_the_source_is_cut():
    rng = np.random.default_rng(0)
    stored, made = rng.integers(0, 256, (1203, 4, 3, 1), np.uint8), rng.uniform(size=(50, 4, 3, 1)).astype("f4")
    made[0] = stored[-1] / 255  # the last batch repeats it
    source = ArraySource(stored, None, Spec((4, 3, 1), "uint8", "unit", 255.0))  # three batches, the last one padded
    found = nearest.nearest(made, source, 3)
    trained = NearestNeighbors(n_neighbors=3).fit(stored.reshape(1203, -1) / 255)
    distance, index = trained.kneighbors(made.reshape(50, -1))
    np.testing.assert_array_equal(found.index, index)
    np.testing.assert_allclose(found.distance, distance, rtol=1e-6, atol=1e-6)


def test_a_copy_is_at_distance_0_and_a_source_of_few_gives_all():
    x = np.random.default_rng(1).normal(size=(7, 5)).astype("f4")
    source = ArraySource(x, None, Spec((5,), "float32", "real"))
    found = nearest.nearest(x[[4, 2]], source, 10)
    assert found.index.shape == (2, 7)
    np.testing.assert_array_equal(found.index[:, 0], [4, 2])
    np.testing.assert_allclose(found.distance[:, 0], 0, atol=1e-7)

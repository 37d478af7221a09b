"""PCA as what a net must beat, against its eigenvalues."""

import numpy as np
import pytest

from aelab.baselines.components import events, pca, pca_squared_error, pixels_and_components
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec, Splits


def splits(spec, x):
    source = ArraySource(x, None, spec)
    return Splits("made", spec, source, None, source)


def test_the_error_on_train_is_the_variance_of_the_components_left_out():
    spec = Spec((6,), "uint8", "unit", scale=255.0)
    x = np.random.default_rng(0).integers(0, 256, (40, 6), np.uint8)
    variances = np.linalg.eigvalsh(np.cov(x.T / 255, bias=True))  # from the smallest
    assert pca_squared_error(splits(spec, x), 2) == pytest.approx(variances[:4].sum(), rel=1e-5)


def test_there_is_none_for_series_of_unequal_length_or_few_events():
    x = np.zeros((4, 3, 2), np.float32)
    assert pca_squared_error(splits(Spec((3, 2), "float32", "real", lengths=(0, 1, 1, 2)), x), 2) is None
    assert pca_squared_error(splits(Spec((3, 2), "float32", "real"), x), 4) is None


def test_every_width_is_scikit_learns_projection():
    from sklearn.decomposition import PCA

    x = np.random.default_rng(0).integers(0, 256, (40, 6), np.uint8)
    made = splits(Spec((6,), "uint8", "unit", scale=255.0), x)
    for width, found in pca(made, (2, 4)).items():
        fitted = PCA(width, svd_solver="full").fit(events(made.train))
        codes = fitted.transform(events(made.test))
        np.testing.assert_allclose(abs(found.test), abs(codes), atol=1e-5)
        left = np.square(events(made.test) - fitted.inverse_transform(codes)).sum(1).mean()
        assert found.squared_error == pytest.approx(left, rel=1e-4)
    assert sorted(pca(made, (2, 4, 6))) == [2, 4]


def test_few_pixels_have_no_components_to_stand_for_a_code():
    x = np.random.default_rng(0).integers(0, 256, (40, 6), np.uint8)
    made = splits(Spec((6,), "uint8", "unit", scale=255.0), x)
    found = pixels_and_components(made, 2)
    np.testing.assert_allclose(found["pixels"]["test"], x / 255, rtol=1e-6)
    np.testing.assert_array_equal(found["PCA"]["train"], pca(made, (2,))[2].train)
    assert list(pixels_and_components(made, 6)) == ["pixels"]

"""The participation ratio of covariances that are known."""

import numpy as np
import pytest

from aelab.evaluation.effective_dimension import effective_dimension, participation


@pytest.mark.parametrize("variances", [(1, 1, 1), (4, 1), (1, 1e-8), (9, 4, 1, 1)])
def test_it_is_that_of_the_eigenvalues(variances):
    rng, variances = np.random.default_rng(0), np.array(variances)
    turned = np.linalg.qr(rng.normal(size=(len(variances), len(variances))))[0]
    codes = 3 + (rng.normal(size=(20_000, len(variances))) * np.sqrt(variances)) @ turned
    expected = variances.sum() ** 2 / np.square(variances).sum()
    found = effective_dimension(codes)
    assert found.value == pytest.approx(expected, rel=0.02)
    assert abs(found.value - expected) < 4 * found.error + 1e-9


def test_of_uncorrelated_points_it_is_exact_and_of_one_point_it_is_0():
    corners = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])  # variances ⅔ and 8/3
    assert participation(corners) == pytest.approx((2 / 3 + 8 / 3) ** 2 / ((2 / 3) ** 2 + (8 / 3) ** 2))
    assert participation(np.ones((5, 2))) == 0
    assert participation(np.arange(4.0)[:, None]) == 1


def test_its_error_is_as_large_as_fresh_samples_vary():
    rng = np.random.default_rng(1)
    found = [effective_dimension(rng.normal(size=(300, 4)) * [2, 1, 1, 0.5], seed=i) for i in range(80)]
    spread = np.std([each.value for each in found], ddof=1)
    assert np.sqrt(np.mean([each.error**2 for each in found])) == pytest.approx(spread, rel=0.25)

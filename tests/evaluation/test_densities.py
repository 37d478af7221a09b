"""Codes are drawn from what they are said to be drawn from."""

import numpy as np
import pytest
from scipy import stats

from aelab.evaluation.densities import draw, on_components


@pytest.fixture(scope="module")
def codes():
    """Two narrow clouds of three numbers, a third of the codes in one of them."""
    rng = np.random.default_rng(0)
    side = np.where(rng.random(6000) < 1 / 3, -4.0, 4.0)
    return np.stack([side, 0 * side, 0 * side], 1) + rng.normal(size=(6000, 3)) * np.array([0.5, 1, 0.1])


def test_a_standard_normal_does_not_look_at_the_codes(codes):
    z = draw("N(0, I)", codes, 5000, 2, 0)
    assert stats.kstest(z[:, 0], "norm").pvalue > 0.01
    np.testing.assert_array_equal(z, draw("N(0, I)", 100 * codes, 5000, 2, 0))


def test_a_gaussian_has_their_moments_and_fills_the_gap(codes):
    z = draw("Gaussian", codes, 20_000, 2, 0)
    np.testing.assert_allclose(z.mean(0), codes.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(z.T), np.cov(codes.T), atol=0.5)
    assert (abs(z[:, 0]) < 1).mean() > 0.1


def test_a_mixture_finds_both_clouds_in_random_order(codes):
    z = draw("mixture", codes, 6000, 2, 0)
    assert (abs(z[:, 0]) < 1).mean() < 0.001
    assert abs((z[:, 0] < 0).mean() - 1 / 3) < 0.04
    assert abs((z[:600, 0] < 0).mean() - 1 / 3) < 0.08
    assert stats.ks_2samp(z[:, 1], codes[:, 1]).pvalue > 0.01


def test_the_axes_go_through_the_origin_and_the_widest_comes_first(codes):
    moved = codes + np.array([0, 0, 7.0])
    plane = on_components(moved)
    np.testing.assert_allclose(plane.var(0), np.linalg.eigvalsh(np.cov(codes.T))[::-1][:2] * 5999 / 6000, rtol=1e-6)
    assert abs(plane.mean(0)).max() < 3  # the origin is not moved to the mean, and the third axis is left out

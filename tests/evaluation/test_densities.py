"""Codes are drawn from what they are said to be drawn from."""

import numpy as np
import pytest
from scipy import stats

from aelab.evaluation import flow_density
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


def test_a_flow_starts_from_the_moments_of_the_codes(codes, monkeypatch):
    """Untrained, it is N(0, I) of codes that were shifted and scaled."""
    for name, value in {"ROUNDS": 1, "STEPS": 1, "RATE": 0.0, "LAYERS": 2, "HIDDEN": 4}.items():
        monkeypatch.setattr(flow_density, name, value)
    draw_codes, log_density = flow_density.fitted(codes, 0)
    mean, std = codes.mean(0), codes.std(0)
    np.testing.assert_allclose(log_density(codes[:50]), stats.norm(mean, std).logpdf(codes[:50]).sum(1), rtol=1e-4)
    z = draw_codes(6000)
    np.testing.assert_allclose(z.mean(0), mean, atol=0.2)
    np.testing.assert_allclose(z.std(0), std, rtol=0.05)


@pytest.mark.long
def test_a_flow_finds_both_clouds_and_their_density(codes, monkeypatch):
    """Its draws leave the gap free, and it gives held-out codes nearly the density that they have."""
    monkeypatch.setattr(flow_density, "ROUNDS", 8)
    draw_codes, log_density = flow_density.fitted(codes[:4000], 0)
    z = draw_codes(4000)
    np.testing.assert_array_equal(z, draw_codes(4000))
    assert (abs(z[:, 0]) < 1).mean() < 0.08
    assert abs((z[:, 0] < 0).mean() - 1 / 3) < 0.05
    np.testing.assert_allclose(z[:, 1:].std(0), [1, 0.1], rtol=0.15)
    held = codes[4000:]
    clouds = np.log(np.exp(stats.norm(-4, 0.5).logpdf(held[:, 0])) / 3 + 2 / 3 * stats.norm(4, 0.5).pdf(held[:, 0]))
    exact = clouds + stats.norm.logpdf(held[:, 1]) + stats.norm(0, 0.1).logpdf(held[:, 2])
    found = log_density(held)
    assert exact.mean() - 0.35 < found.mean() < exact.mean() + 0.02
    one = stats.multivariate_normal(codes.mean(0), np.cov(codes.T)).logpdf(held)
    assert found.mean() > one.mean() + 0.3  # better than one normal distribution


def test_the_axes_go_through_the_origin_and_the_widest_comes_first(codes):
    moved = codes + np.array([0, 0, 7.0])
    plane = on_components(moved)
    np.testing.assert_allclose(plane.var(0), np.linalg.eigvalsh(np.cov(codes.T))[::-1][:2] * 5999 / 6000, rtol=1e-6)
    assert abs(plane.mean(0)).max() < 3  # the origin is not moved to the mean, and the third axis is left out

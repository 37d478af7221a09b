"""Density and coverage against loops and against what they are expected to be of equal distributions."""

import numpy as np
import pytest

from aelab.evaluation.density_coverage import density_coverage


def test_they_are_those_of_a_loop_over_balls():
    rng = np.random.default_rng(0)
    real, made, k = rng.normal(size=(40, 3)), rng.normal(0.5, 0.8, (30, 3)), 4
    inside = np.zeros((30, 40), bool)
    for i, centre in enumerate(real):
        radius = np.sort(np.linalg.norm(real - centre, axis=1))[k]  # the first is the event itself
        inside[:, i] = np.linalg.norm(made - centre, axis=1) <= radius
    density, coverage = density_coverage(real, made, k)
    assert density.value == pytest.approx(inside.sum() / (k * 30))
    assert coverage.value == pytest.approx(inside.any(0).mean())


def test_of_equal_distributions_they_are_what_the_paper_expects():
    rng = np.random.default_rng(1)
    found = [density_coverage(*(rng.normal(size=(n, 4)) for n in (120, 60))) for _ in range(150)]
    density, coverage = np.array([[each.value for each in pair] for pair in found]).T
    expected = 1 - np.prod([(120 - i) / (180 - i) for i in range(1, 6)])
    assert density.mean() == pytest.approx(1, abs=3 * density.std() / np.sqrt(150))
    assert coverage.mean() == pytest.approx(expected, abs=3 * coverage.std() / np.sqrt(150))
    for values, errors in zip((density, coverage), zip(*found, strict=True), strict=True):
        assert 0.7 < np.sqrt(np.mean([each.error**2 for each in errors])) / values.std(ddof=1) < 2


def test_a_collapsed_set_covers_nothing_and_junk_is_not_even_dense():
    real = np.random.default_rng(2).normal(size=(500, 2))
    one = real[:1] + np.random.default_rng(3).normal(0, 1e-4, (500, 2))
    density, coverage = density_coverage(real, one)
    assert density.value >= 1 / 5  # in its own ball at least
    assert coverage.value < 0.05
    assert [each.value for each in density_coverage(real, real + 1000)] == [0, 0]

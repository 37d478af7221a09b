"""The kernel distance against a double loop, and over many draws of equal distributions."""

import numpy as np
import pytest

from aelab.evaluation.kernel_distance import kernel_distance, mmd


def looped(x, y):
    """The unbiased estimate, pair by pair."""

    def k(a, b):
        return (a @ b / len(a) + 1) ** 3

    within = [np.mean([k(z[i], z[j]) for i in range(len(z)) for j in range(len(z)) if i != j]) for z in (x, y)]
    return sum(within) - 2 * np.mean([k(a, b) for a in x for b in y])


def test_the_estimate_is_that_of_all_pairs():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 3)), rng.normal(1, 1, (6, 3))
    assert mmd(x, y) == pytest.approx(looped(x, y))


def test_of_equal_distributions_it_is_0_on_average_and_its_error_is_right():
    rng = np.random.default_rng(1)
    made = [kernel_distance(rng.normal(size=(100, 4)), rng.normal(size=(100, 4)), seed=i) for i in range(300)]
    values = np.array([each.value for each in made])
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values))
    assert np.sqrt(np.mean([each.error**2 for each in made])) == pytest.approx(values.std(ddof=1), rel=0.15)


def test_of_points_it_is_the_closed_form():
    """All real events at a and all samples at b: k(a, a) + k(b, b) − 2 k(a, b)."""
    a, b = np.array([1.0, 2]), np.array([0.0, 1])
    found = kernel_distance(np.tile(a, (40, 1)), np.tile(b, (40, 1)))
    assert found.value == pytest.approx(3.5**3 + 1.5**3 - 2 * 2**3)
    assert found.error == pytest.approx(0, abs=1e-9)


def test_one_example_is_too_few():
    with pytest.raises(ValueError, match="two or more"):
        kernel_distance(np.zeros((1, 2)), np.zeros((5, 2)))

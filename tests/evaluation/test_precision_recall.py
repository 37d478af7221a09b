"""Precision and recall: those of `likeness`, and errors that are no smaller than repeats scatter."""

import numpy as np
import pytest

from aelab.evaluation import likeness
from aelab.evaluation.precision_recall import precision_recall


def drawn(rng, shift, n=200):
    return rng.standard_normal((n, 3)), rng.standard_normal((n, 3)) * 0.7 + shift


def test_the_shares_are_those_of_likeness():
    real, made = drawn(np.random.default_rng(0), 1.0)
    assert [each.value for each in precision_recall(real, made)] == pytest.approx(likeness.precision_recall(real, made))


@pytest.mark.parametrize("shift", [0.5, 1.5])
def test_errors_are_one_to_two_times_what_repeats_scatter(shift):
    rng = np.random.default_rng(1)
    repeats = [precision_recall(*drawn(rng, shift)) for _ in range(100)]
    for each in zip(*repeats, strict=True):
        scatter = np.std([found.value for found in each], ddof=1)
        said = np.sqrt(np.mean([found.error**2 for found in each]))
        assert 0.9 < said / scatter < 2.4

"""Classes that are read out of codes, by cases whose answer is known."""

import numpy as np
import pytest

from aelab.evaluation import estimate
from aelab.measures import use
from aelab.measures.measure import Measured, Undefined
from aelab.measures.subject import Asked, read


@pytest.fixture(scope="module")
def subject(finished):
    return read(finished, Asked())


def by_name(found):
    return {each.name: each for each in found}


def test_classes_that_lie_apart_are_told_by_everything(subject):
    labels = np.repeat(np.arange(3), 40)
    z = np.eye(3)[labels] + np.random.default_rng(0).normal(0, 0.01, (120, 3))
    found = by_name([*use.read_out(subject, z, labels, z, labels), *use.clustered(subject, z, labels)])
    assert isinstance(found.pop("few_labels:100"), Measured)
    for name in ("probe", "neighbours", "few_labels:10", "clustering", "nmi"):
        assert found[name].value == pytest.approx(1)


def test_noise_is_told_by_chance(subject):
    rng = np.random.default_rng(0)
    z, labels = rng.standard_normal((400, 4)), np.arange(400) % 2
    probe = by_name(use.read_out(subject, z[:200], labels[:200], z[200:], labels[200:]))["probe"]
    assert abs(probe.value - 0.5) < 4 * probe.error
    assert by_name(use.clustered(subject, z, labels))["nmi"].value < 0.05


def test_the_error_of_two_ways_covers_the_truth():
    """Draws and examples each shift a chance of one half."""
    rng, inside = np.random.default_rng(0), []
    for _ in range(200):
        chance = np.clip(0.5 + rng.normal(0, 0.05, (8, 1)) + rng.normal(0, 0.2, (1, 100)), 0, 1)
        low, high = use.two_ways(rng.random((8, 100)) < chance).interval(1.645)
        inside.append(low < 0.5 < high)
    assert 0.86 <= np.mean(inside) <= 0.98


def test_a_ratio_covers_the_truth_as_often_as_it_says():
    rng, inside = np.random.default_rng(0), []
    for _ in range(400):
        entries = rng.integers(5, 20, 200)
        low, high = estimate.ratio(entries * rng.normal(2, 0.5, 200), entries).interval(1.645)
        inside.append(low < 2 < high)
    assert np.mean(inside) == pytest.approx(0.90, abs=0.04)


def test_more_labels_than_examples_are_undefined(subject):
    z, labels = np.random.default_rng(0).standard_normal((50, 2)), np.arange(50) % 2
    assert isinstance(by_name(use.read_out(subject, z, labels, z, labels))["few_labels:100"], Undefined)

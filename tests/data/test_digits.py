"""scikit-learn's digits as a source."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from aelab import data
from aelab.data import digits


def test_sizes_shapes_and_range():
    parts = data.load("digits")
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [1437, 180, 180]
    x = parts.train.get_batch(np.arange(5))["x"]
    assert x.shape == (5, 8, 8, 1)
    assert x.dtype == parts.spec.dtype == "uint8"
    assert (parts.train.x.min(), parts.train.x.max()) == (0, parts.spec.scale)
    assert parts.spec.levels == 17


def test_nothing_is_lost_and_nothing_is_rounded():
    parts = data.load("digits")
    together = np.concatenate([part.x for part in parts[2:5]])
    whole = load_digits()
    assert np.mean(together) == pytest.approx(whole.images.mean())
    assert sorted(map(bytes, together)) == sorted(map(bytes, whole.images.astype(np.uint8)))
    labels = np.concatenate([part.label for part in parts[2:5]])
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_split_is_the_one_recorded():
    parts = data.load("digits")
    assert [part.fingerprint[:8] for part in parts[2:5]] == ["397ef67f", "5c3f19b2", "9fde47bb"]


def test_scikit_learn_is_asked_where_its_file_is_elsewhere(monkeypatch):
    x, label = digits.stored()
    monkeypatch.setattr(digits, "FILE", digits.FILE.with_name("moved.csv.gz"))
    for here, there in zip((x, label), digits.stored(), strict=True):
        np.testing.assert_array_equal(here, there)

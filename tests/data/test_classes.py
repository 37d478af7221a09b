"""Training on some classes alone."""

import numpy as np
import pytest

from aelab import data
from aelab.data import arrays, classes
from aelab.data.arrays import ArraySource
from aelab.data.normalise import normalised
from aelab.data.source import Spec
from aelab.data.splits import split, split_standardised
from aelab.errors import ConfigError


def test_train_and_validation_keep_only_these_labels_and_test_keeps_all():
    whole, kept = data.load("digits"), data.load("digits", classes=(3, 5))
    for name in ("train", "validation"):
        mine, theirs = getattr(kept, name), getattr(whole, name)
        label = classes.labels(theirs)
        same = theirs.get_batch(np.flatnonzero((label == 3) | (label == 5)))
        np.testing.assert_array_equal(mine.get_batch(np.arange(len(mine)))["x"], same["x"])
        assert mine.fingerprint != theirs.fingerprint
    assert kept.test.fingerprint == whole.test.fingerprint
    assert kept.spec == whole.spec._replace(examples=len(kept.train))


def test_real_numbers_are_standardised_by_the_events_that_are_left():
    rng, label = np.random.default_rng(0), np.arange(200) % 2
    x = rng.normal(0, 1, (200, 6, 1)) + 100 * label[:, None, None]
    source = ArraySource(x, label, Spec((6, 1), "float32", "real", classes=("normal", "other")))
    kept = classes.only(split_standardised("made", source, validation=0.1), (0,))
    seen = normalised(kept.train.get_batch(np.arange(len(kept.train))), kept.spec)
    assert seen.mean() == pytest.approx(0, abs=1e-3)
    assert seen.std() == pytest.approx(1, rel=1e-3)
    assert kept.test.spec == kept.validation.spec == kept.train.spec == kept.spec


def test_a_set_that_is_read_from_the_disk_stays_there(monkeypatch):
    monkeypatch.setattr(arrays, "RESIDENT", 100)
    source = ArraySource(np.zeros((60, 4)), np.arange(60) % 3, Spec((4,), "float32", "unit", classes=tuple("abc")))
    kept = classes.only(split("made", source, validation=0.2), (1,))
    assert isinstance(kept.train, arrays.Subset)
    assert set(kept.train.get_batch(np.arange(len(kept.train)))["label"]) == {1}


@pytest.mark.parametrize("wrong", [(10,), (-1,)])
def test_a_label_that_does_not_exist_is_one_line(wrong):
    with pytest.raises(ConfigError, match="--classes: ") as caught:
        data.load("digits", classes=wrong)
    assert "\n" not in str(caught.value)


def test_events_without_classes_and_classes_without_events():
    spec = Spec((4,), "float32", "unit")
    with pytest.raises(ConfigError, match="have no classes"):
        classes.only(split("made", ArraySource(np.zeros((9, 4)), None, spec), validation=0.1), (0,))
    source = ArraySource(np.zeros((9, 4)), np.zeros(9), spec._replace(classes=("a", "b")))
    with pytest.raises(ConfigError, match="no event of 1"):
        classes.only(split("made", source, validation=0.1), (1,))

"""Few labels: as many of each class, always the same ones, and none of the others."""

import dataclasses

import numpy as np
import pytest

from aelab import data
from aelab.data.arrays import labels
from aelab.errors import ConfigError


def test_so_many_of_each_class_are_shown_and_the_events_stay():
    whole = data.load("digits", condition="label")
    few, again, other = (data.load("digits", condition="label", labelled=n) for n in (20, 20, 10))
    shown, true = labels(few.train), labels(whole.train)
    np.testing.assert_array_equal(np.bincount(shown + 1)[1:], 2)
    np.testing.assert_array_equal(shown[shown >= 0], true[shown >= 0])
    for split in ("validation", "test"):
        np.testing.assert_array_equal(labels(getattr(few, split)), labels(getattr(whole, split)))
    rows = np.array([5, 3, 800])
    np.testing.assert_array_equal(few.train.get_batch(rows)["x"], whole.train.get_batch(rows)["x"])
    assert few.train.fingerprint == again.train.fingerprint
    assert len({few.train.fingerprint, other.train.fingerprint, whole.train.fingerprint}) == 3


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"labelled": 10}, "--labelled: .*add --condition label"),
        ({"labelled": 15, "condition": "label"}, "digits has 10 classes; give a multiple of that, not 15"),
        ({"labelled": 10_000, "condition": "label"}, "--labelled: class 0 of digits has .* events; ask for fewer"),
    ],
)
def test_labels_that_cannot_be_shown_are_refused(asked, words):
    with pytest.raises(ConfigError, match=words):
        data.load(dataclasses.replace(data.DataOptions("digits"), **asked))

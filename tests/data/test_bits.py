"""Dynamic binarisation: bits for scores that are one fixed draw, and training events left grey."""

import numpy as np
import pytest

from aelab import data
from aelab.data.arrays import ArraySource
from aelab.data.bits import Bits
from aelab.data.normalise import normalised
from aelab.data.source import Spec
from aelab.errors import ConfigError


def test_scores_see_one_draw_and_training_keeps_its_greys():
    grey, bits = data.load("digits"), data.load("digits", binarize=True)
    assert bits.train.fingerprint == grey.train.fingerprint
    assert bits.test.fingerprint != grey.test.fingerprint
    first = bits.test.get_batch(np.arange(180))
    assert set(np.unique(first["x"])) == {0, 1}
    np.testing.assert_array_equal(first["label"], grey.test.label)
    again = data.load("digits", binarize=True).test.get_batch(np.array([17, 3]))
    np.testing.assert_array_equal(again["x"], first["x"][[17, 3]])  # whatever else is in the batch
    assert (bits.spec.scale, bits.test.spec.scale, bits.test.spec.levels) == (16.0, 1.0, 2)


def test_a_bit_is_one_as_often_as_its_grey_says():
    grey, bits = data.load("fashion_small").test, data.load("fashion_small", binarize=True).test
    share = grey.x[..., 0] / 255
    drawn = bits.get_batch(np.arange(1000))["x"][..., 0]
    np.testing.assert_array_equal(drawn[share == 0], 0)
    np.testing.assert_array_equal(drawn[share == 1], 1)
    for low in np.arange(0.1, 0.9, 0.1):
        here = (share > low) & (share <= low + 0.1)
        deviation = np.sqrt(0.25 / here.sum())
        assert abs(drawn[here].mean() - share[here].mean()) < 5 * deviation


def test_bits_of_greys_that_do_not_start_at_0():
    grey = ArraySource(np.full((500, 4), [50, 100, 200, 250]), None, Spec((4,), "uint8", "unit", 200.0, shift=50.0))
    bits = Bits(grey)
    share = normalised(bits.get_batch(np.arange(500)), bits.spec).mean(0)
    np.testing.assert_array_equal(share[[0, 3]], [0, 1])
    np.testing.assert_allclose(share[1:3], [0.25, 0.75], atol=0.1)


def test_numbers_that_are_no_probabilities_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(20, 3)))
    with pytest.raises(ConfigError, match="--binarize"):
        data.load(f"npy:{tmp_path / 'a.npy'}", binarize=True)

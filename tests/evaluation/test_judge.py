"""The judge of made-up images against labels and a linear classifier."""

import jax
import numpy as np
import pytest
from scipy import ndimage
from sklearn.linear_model import LogisticRegression

from aelab import data
from aelab.data.normalise import normalised
from aelab.evaluation.judge import judge_of, moved


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


@pytest.mark.ci
def test_it_learns_the_digits_at_least_about_as_well_as_a_line_and_is_read_back_from_its_file(digits, tmp_path):
    judge, params, accuracy = judge_of(digits, tmp_path / "judge.npz", epochs=15, seed=0)
    train, test = (part.get_batch(np.arange(len(part))) for part in (digits.train, digits.test))
    x, y = (normalised(part, digits.spec).reshape(len(part["x"]), -1) for part in (train, test))
    linear = LogisticRegression(max_iter=2000).fit(x, train["label"]).score(y, test["label"])
    assert accuracy > linear - 0.03  # the test set has 180 images
    again = judge_of(digits, tmp_path / "judge.npz", epochs=0, seed=1)
    assert again[2] == accuracy
    jax.tree.map(np.testing.assert_array_equal, again[1], params)
    opinion = judge.look(params, normalised(test, digits.spec))
    assert opinion.features.shape == (len(digits.test), 128)
    np.testing.assert_allclose(opinion.probabilities.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("by", [(2, -1), (0, 0), (-3, 2)])
def test_moved_images_are_scipys(by):
    x = np.random.default_rng(0).random((3, 9, 7, 1), "f4")
    np.testing.assert_array_equal(moved(x, by), ndimage.shift(x, (0, *by, 0), order=0, mode="nearest"))

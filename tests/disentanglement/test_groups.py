"""The scores that fix a factor, of codes that hold all factors but one, and the rows that they are asked about."""

import numpy as np
import pytest

from aelab.disentanglement import beta_vae, factor_vae
from aelab.disentanglement.sharing import blocks, sharing


def test_another_row_of_the_same_value_is_drawn_evenly():
    values = np.array([0, 1, 0, 2, 0, 1])
    rows = np.repeat(np.arange(6), 3000).reshape(6, 3000)
    found = sharing(values, rows, np.random.default_rng(0))
    assert (values[found] == values[rows]).all()
    assert np.bincount(found[0], minlength=6) / 3000 == pytest.approx([0, 0, 0.5, 0, 0.5, 0], abs=0.04)
    assert (found[3] == 3).all()  # there is no other one
    assert (found[1] == 5).all()


def test_blocks_ask_every_question_once():
    assert sum(blocks(100_000, 7)) == 100_000
    assert sum(blocks(5, 10**9)) == 5


def test_what_is_left_over_is_told_by_the_classifier_and_not_by_the_vote():
    """Of three factors the code has two. With the third fixed, either number may vary least: the vote is right in ⅔."""
    factors = np.random.default_rng(0).integers(8, size=(2000, 3))
    codes = factors[:, :2].astype(float)
    assert beta_vae(codes, factors) == pytest.approx(1, abs=0.01)
    assert factor_vae(codes, factors) == pytest.approx(2 / 3, abs=0.04)


def test_two_factors_turned_by_45_degrees_cannot_be_told():
    a, b = np.random.default_rng(1).integers(8, size=(2, 2000))
    turned, factors = np.stack([a + b, a - b], 1), np.stack([a, b], 1)
    assert beta_vae(turned, factors) == pytest.approx(0.5, abs=0.06)
    assert factor_vae(turned, factors) == pytest.approx(0.5, abs=0.06)

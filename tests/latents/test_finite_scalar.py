"""Finite scalar quantisation: the grid has the promised size, every level is within reach, and 0 stays 0."""

import itertools
import math

import jax
import numpy as np
import pytest

from aelab import latents


@pytest.mark.parametrize("levels", [(8, 5, 5), (2, 3), (7,), (4, 4)])
def test_every_code_of_the_grid_is_reached_and_no_other(levels):
    """All combinations of numbers from −8 to 8 give all combinations of the levels that each number reaches."""
    book = latents.FiniteScalar(levels)
    line = [-8, *np.linspace(-3, 3, 25), 8]
    vectors = np.array(list(itertools.product(line, repeat=len(levels))), "f4")
    found = jax.tree.map(np.asarray, jax.jit(book.apply)({}, vectors))
    reached = [np.unique(found.entry[:, 0, number]) for number in range(len(levels))]
    assert [len(values) for values in reached] == list(levels)
    assert book.codes == math.prod(levels)
    assert set(found.indices[:, 0]) == set(range(book.codes))
    assert {tuple(entry) for entry in found.entry[:, 0]} == set(itertools.product(*reached))


def test_levels_are_evenly_spaced_and_the_nearest_is_taken():
    book = latents.FiniteScalar((8, 5))
    found = book.apply({}, np.random.default_rng(0).normal(0, 2, (500, 2)).astype("f4"))
    before, entry = np.asarray(found.before)[:, 0], np.asarray(found.entry)[:, 0]
    for number, spacing in enumerate((1 / 4, 1 / 2)):
        np.testing.assert_allclose(np.diff(np.unique(entry[:, number])), spacing)
        assert np.abs(before - entry)[:, number].max() <= spacing / 2 + 1e-6


def test_an_index_is_the_entry_that_it_came_from():
    book = latents.FiniteScalar((8, 5, 2))
    found = book.apply({}, np.random.default_rng(0).normal(0, 4, (300, 3)).astype("f4"))
    made = book.apply({}, found.indices, method="look_up")
    np.testing.assert_allclose(made, found.entry, atol=1e-6)


def test_zero_stays_zero():
    assert (np.asarray(latents.FiniteScalar((8, 5, 2)).apply({}, np.zeros((1, 3), "f4")).entry) == 0).all()

"""Codes of bits: the nearest of all 2ᵈ codes, which are told by their bits."""

import itertools

import numpy as np
import pytest

from aelab import latents

VECTORS = np.random.default_rng(0).normal(size=(40, 3, 5)).astype("f4")


@pytest.mark.parametrize("spherical", [False, True])
def test_it_takes_the_nearest_of_all_codes(spherical):
    book = latents.Binary(5, spherical)
    every = np.array(list(itertools.product((-1, 1), repeat=5)))[:, ::-1] / (np.sqrt(5) if spherical else 1)
    found = book.apply({}, VECTORS)
    vectors = VECTORS / np.linalg.norm(VECTORS, axis=-1, keepdims=True) if spherical else VECTORS
    nearest = np.square(vectors[..., None, :] - every).sum(-1).argmin(-1)
    np.testing.assert_array_equal(found.indices[..., 0], nearest)
    np.testing.assert_allclose(found.entry[..., 0, :], every[nearest], rtol=1e-6)
    np.testing.assert_allclose(found.before[..., 0, :], vectors, rtol=1e-5)
    np.testing.assert_allclose(book.apply({}, found.indices, method="look_up"), found.entry, rtol=1e-6)
    assert book.codes == len(every)

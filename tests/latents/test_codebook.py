"""A learned book: the nearest entries by brute force, residual levels one after the other, and cosines."""

import jax
import numpy as np
import pytest

from aelab import latents
from aelab.latents.codebook import nearest
from experiments import vq

RNG = np.random.default_rng(0)
VECTORS, ENTRIES = RNG.normal(size=(50, 2, 4)).astype("f4"), RNG.normal(size=(3, 9, 4)).astype("f4")


def found(book, entries=ENTRIES):
    """What a book says of the vectors, as numpy arrays."""
    return jax.tree.map(np.asarray, jax.jit(book.apply)({"params": {"entries": entries[: book.depth]}}, VECTORS))


def brute(vectors, entries):
    """The nearest entry to each vector, in float64."""
    return np.square(vectors[..., None, :].astype("f8") - entries).sum(-1).argmin(-1)


def test_the_nearest_entry_stands_for_a_vector():
    before, entry, indices = found(latents.Codebook(9, 4))
    np.testing.assert_array_equal(before[..., 0, :], VECTORS)
    np.testing.assert_array_equal(indices[..., 0], brute(VECTORS, ENTRIES[0]))
    np.testing.assert_array_equal(entry[..., 0, :], ENTRIES[0][indices[..., 0]])


def test_a_book_of_several_parts_is_looked_through_whole():
    """700 entries, of which the last part is not full; where two are equal, the first is taken."""
    entries = RNG.normal(size=(700, 4)).astype("f4")
    entries[[5, 650]] = entries[3]
    index = np.asarray(jax.jit(nearest)(VECTORS, entries))
    np.testing.assert_array_equal(index, brute(VECTORS, entries))
    assert (np.asarray(nearest(entries[[3, 5, 650, 699]], entries)) == [3, 3, 3, 699]).all()


def test_each_level_quantises_what_is_left():
    before, entry, indices = found(latents.Codebook(9, 4, depth=3))
    rest = VECTORS
    for level in range(3):
        np.testing.assert_allclose(before[..., level, :], rest, atol=1e-6)
        np.testing.assert_array_equal(indices[..., level], brute(rest, ENTRIES[level]))
        rest = rest - entry[..., level, :]


def test_a_residual_code_of_one_level_is_vector_quantisation():
    residual, plain = vq.Config(quantiser="residual", residual_levels=1), vq.Config(quantiser="vq")
    assert vq.book(residual) == vq.book(plain)
    assert vq.book(vq.Config(quantiser="residual")) != vq.book(plain)


def test_the_cosine_form_takes_the_largest_cosine_of_unit_vectors():
    before, entry, indices = found(latents.Codebook(9, 4, cosine=True))
    unit = [a / np.linalg.norm(a, axis=-1, keepdims=True) for a in (VECTORS, ENTRIES[0])]
    np.testing.assert_array_equal(indices[..., 0], (unit[0] @ unit[1].T).argmax(-1))
    np.testing.assert_allclose(before[..., 0, :], unit[0], atol=1e-6)
    np.testing.assert_allclose(entry[..., 0, :], unit[1][indices[..., 0]], atol=1e-6)


@pytest.mark.parametrize("book", [latents.Codebook(9, 4, 3), latents.Codebook(9, 4, cosine=True)])
def test_indices_are_looked_up(book):
    variables = {"params": {"entries": ENTRIES[: book.depth]}}
    made = book.apply(variables, found(book).indices, method="look_up")
    np.testing.assert_allclose(made, found(book).entry, atol=1e-6)

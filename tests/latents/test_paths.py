"""Lines and traversals through the space of codes."""

from functools import partial

import numpy as np
import pytest

from aelab import latents
from aelab.latents import paths


def codes(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("code", [(3,), (2, 2, 4)])
@pytest.mark.parametrize("count", [6, 7])
def test_lines_run_straight_from_every_other_code_to_the_next(count, code):
    z = codes(count, *code)
    lines = paths.lines(z)
    assert lines.shape == (3, paths.STEPS, *code)
    assert lines.dtype == np.float32
    np.testing.assert_array_equal(lines[:, 0], z[0:6:2])
    np.testing.assert_array_equal(lines[:, -1], z[1:6:2])
    np.testing.assert_allclose(np.diff(lines, n=2, axis=1), 0, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_codes_have_no_line(count):
    assert paths.lines(codes(count, 3)).shape == (0, paths.STEPS, 3)


def test_a_traversal_moves_one_number_across_the_prior_and_leaves_the_others():
    z = codes(4, 2, 3)
    found = paths.traversals(z)
    assert found.shape == (4, 6, paths.STEPS, 2, 3)
    flat = found.reshape(4, 6, paths.STEPS, 6)
    values = np.linspace(-paths.REACH, paths.REACH, paths.STEPS, dtype=np.float32)
    for number in range(6):
        np.testing.assert_array_equal(flat[:, number, :, number], np.broadcast_to(values, (4, paths.STEPS)))
        others = np.arange(6) != number
        kept = np.broadcast_to(z.reshape(4, 1, 6)[..., others], (4, paths.STEPS, 5))
        np.testing.assert_array_equal(flat[:, number][..., others], kept)


def test_layers_go_the_same_way_as_the_numbers_of_a_flat_code():
    z = codes(4, 2, 3), codes(4, 2)
    flat = latents.flat(z)
    for way in (paths.lines, partial(paths.lines, spherical=True), paths.traversals):
        found, expected = way(z), way(flat)
        assert [layer.shape[2:] for layer in found][-1:] == [(*expected.shape[2:-1], 2)]
        joined = np.concatenate([layer.reshape(*expected.shape[:-1], -1) for layer in found], -1)
        np.testing.assert_allclose(joined, expected, rtol=1e-6, atol=1e-6)


def test_layers_on_paths_are_decoded_together():
    z = codes(3, 4, 2, 2), codes(3, 4, 5)
    found = paths.decoded(lambda z: z[0].sum((1, 2)) + z[1].sum(1), z, 2)
    np.testing.assert_allclose(found, z[0].sum((2, 3)) + z[1].sum(2), rtol=1e-6, atol=1e-6)


def test_chosen_numbers_come_in_the_order_asked_for():
    z = codes(2, 5)
    np.testing.assert_array_equal(paths.traversals(z, [3, 0]), paths.traversals(z)[:, [3, 0]])

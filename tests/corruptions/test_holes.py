"""Boxes, halves and quadrants hide what they say, everywhere alike."""

import numpy as np
import pytest
from spoiling import grey, spoil


@pytest.mark.parametrize("shape", [(12, 10, 1), (9, 7, 3), (20, 2)])
def test_an_occlusion_is_one_box_that_goes_everywhere(shape):
    hidden = np.asarray(spoil("occlusion", grey(200, shape), 0.5).hidden)
    area = np.prod([round(0.5 * size) for size in shape[:-1]]) * shape[-1]
    assert (hidden.sum(tuple(range(1, hidden.ndim))) == area).all()
    assert hidden.any(0).all()  # every entry is hidden sometimes
    for axis in range(1, len(shape)):  # contiguous along each axis
        edges = np.diff(hidden.any(tuple(a for a in range(1, len(shape) + 1) if a != axis)).astype(int), axis=1)
        assert ((edges == 1).sum(1) <= 1).all()
        assert ((edges == -1).sum(1) <= 1).all()


def test_the_smallest_box_hides_one_pixel():
    hidden = np.asarray(spoil("occlusion", grey(20, (9, 7, 1)), 0.001).hidden)
    assert (hidden.sum((1, 2, 3)) == 1).all()


def test_half_of_every_event_is_hidden_and_every_half_occurs():
    batch = grey(200, (6, 8, 1))
    hidden = spoil("halves", batch).hidden
    assert (hidden.sum((1, 2, 3)) == 24).all()
    assert len({each.tobytes() for each in hidden}) == 4


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_so_many_quadrants_are_hidden(taken):
    batch = grey(200, (6, 8, 1))
    hidden = spoil("quadrants", batch, taken / 4).hidden
    corners = hidden[:, [0, 0, -1, -1], [0, -1, 0, -1], 0]
    assert (corners.sum(1) == taken).all()
    assert (hidden.sum((1, 2, 3)) == 12 * taken).all()


def test_fixed_quadrants_leave_what_pyro_observes():
    batch = grey(1, (8, 8, 1))
    seen = {n: ~spoil("fixed_quadrants", batch, n / 4).hidden[0, ..., 0] for n in (1, 2, 3)}
    assert seen[3][4:, :4].all()
    assert seen[3].sum() == 16
    assert seen[2][:, :4].all()
    assert seen[2].sum() == 32
    assert not seen[1][4:, 4:].any()
    assert seen[1].sum() == 48


@pytest.mark.parametrize("shape", [(12, 10, 1), (12, 2)], ids=["image", "series"])
def test_regions_are_of_all_kinds_alike_and_each_as_its_own_corruption_draws_it(shape):
    """A box hides a quarter of an image in this case, the other kinds a half; of a series all hide a half."""
    hidden = spoil("regions", grey(900, shape), 0.5).hidden
    share = hidden.reshape(900, -1).mean(1)
    if len(shape) == 2:
        assert set(share) == {0.5}
        assert 300 < (hidden[:, 0] ^ hidden[:, -1]).all(-1).sum() < 600  # halves, and stretches at an end
        return
    assert set(share) == {0.25, 0.5}
    assert 250 < (share == 0.25).sum() < 350
    _, counts = np.unique(hidden[share == 0.5].reshape(-1, 120), axis=0, return_counts=True)
    assert len(counts) == 6  # the halves are those pairs of quadrants that lie side by side
    assert (np.sort(counts) > [20, 20, 80, 80, 80, 80]).all()

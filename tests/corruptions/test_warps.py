"""Affine changes of images are SciPy's, those of series NumPy's; series keep their length."""

import numpy as np
import pytest
from scipy import ndimage
from spoiling import spoil, varied

GRID = (12, 10)


def ramps():
    """A hundred images whose two channels are the place along each axis, from -1 to 1."""
    return np.stack(np.broadcast_arrays(*np.meshgrid(*[np.linspace(-1, 1, n) for n in GRID], indexing="ij")), -1)


def changes(strength):
    """What was drawn, read from what ramps become: rows [A, t] of p -> A p + t, in units where an axis is [-1, 1]."""
    batch = varied(100, (*GRID, 2))
    batch = batch._replace(inputs=np.broadcast_to(ramps(), (100, *GRID, 2)).astype("f4"))
    moved = spoil("affine", batch, strength).inputs.astype(float)
    inside = (abs(moved) < 0.999).all(-1)  # what is read outside is the nearest edge
    around = np.concatenate([ramps(), np.ones((*GRID, 1))], -1)
    return np.stack(
        [np.linalg.lstsq(around[keep], row[keep], rcond=None)[0].T for row, keep in zip(moved, inside, strict=True)]
    )


def test_images_are_read_where_scipy_reads_them():
    batch, half = varied(100, (*GRID, 2)), (np.array(GRID) - 1) / 2
    moved = spoil("affine", batch, 0.3).inputs
    for row, change in list(enumerate(changes(0.3)))[:5]:
        matrix = np.diag(half) @ change[:, :2] @ np.diag(1 / half)
        offset = half - matrix @ half + half * change[:, 2]
        for channel in range(2):
            theirs = ndimage.affine_transform(batch.inputs[row, ..., channel], matrix, offset, order=1, mode="nearest")
            np.testing.assert_allclose(moved[row, ..., channel], theirs, atol=1e-3)


def test_changes_are_uniform_up_to_the_strength():
    drawn = (changes(0.3) - np.eye(2, 3)).reshape(-1) / 0.3
    np.testing.assert_allclose(np.sort(drawn), np.linspace(-1, 1, len(drawn)), atol=0.15)
    assert abs(np.corrcoef((changes(0.3) - np.eye(2, 3)).reshape(100, 6).T) - np.eye(6)).max() < 0.4


def test_no_strength_changes_nothing():
    batch = varied()
    np.testing.assert_allclose(spoil("affine", batch, 0.0).inputs, batch.inputs, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 7, 15])
def test_a_series_is_read_within_its_own_length(steps):
    """A shorter series in a longer array comes out as it does in an array of its own length."""
    batch = varied(20, (15, 2))
    mask = np.broadcast_to(np.arange(15) < steps, (20, 15))
    batch = batch._replace(inputs=np.where(mask[..., None], batch.inputs, 0), mask=mask)
    moved = spoil("affine", batch, 0.4).inputs
    assert not moved[:, steps:].any()
    own = batch._replace(inputs=batch.inputs[:, :steps], targets=batch.targets[:, :steps], mask=mask[:, :steps])
    np.testing.assert_allclose(spoil("affine", own, 0.4).inputs, moved[:, :steps], atol=1e-6)
    low, high = batch.inputs[:, :steps].min(1), batch.inputs[:, :steps].max(1)
    assert ((moved[:, :steps] >= low[:, None] - 1e-6) & (moved[:, :steps] <= high[:, None] + 1e-6)).all()


def test_a_series_is_interpolated_as_numpy_does_it():
    """In time, t goes to a t + b; a and b are read from a ramp of the same row number."""
    places = np.linspace(-1, 1, 15)
    batch = varied(20, (15, 2))
    both = np.stack([np.broadcast_to(places, (20, 15)), batch.inputs[..., 0]], -1).astype("f4")
    moved = spoil("affine", batch._replace(inputs=both), 0.4).inputs
    for row in range(20):
        np.testing.assert_allclose(moved[row, :, 1], np.interp(moved[row, :, 0], places, both[row, :, 1]), atol=1e-4)

"""An exact number of patches is hidden, each equally often."""

from functools import partial

import jax
import numpy as np

from aelab import corruptions
from aelab.batch import Batch
from aelab.nets.patches import Patches

TILES, WINDOWS = Patches((4, 6), (2, 3)), Patches((18,), (3,))
hide_half = jax.jit(partial(corruptions.patches, share=0.5), static_argnames="cut")


def test_an_exact_number_of_patches_is_hidden_each_equally_often():
    """Counted patch by patch; a row draws by its number."""
    x = np.random.default_rng(0).uniform(1, 2, (2000, 4, 6, 2)).astype("f4")
    found = jax.tree.map(np.asarray, hide_half(jax.random.key(1), Batch(x, x, index=np.arange(2000)), cut=TILES))
    holes = np.stack([found.hidden[:, i : i + 2, j : j + 3].mean((1, 2, 3)) for i in (0, 2) for j in (0, 3)], 1)
    assert set(holes.ravel()) == {0, 1}
    np.testing.assert_array_equal(holes.sum(1), 2)
    np.testing.assert_allclose(holes.mean(0), 0.5, atol=5 * 0.5 / np.sqrt(2000))
    np.testing.assert_array_equal(found.inputs, np.where(found.hidden, 0, x))
    np.testing.assert_array_equal(found.targets, x)
    order = np.random.default_rng(1).permutation(2000)
    moved = hide_half(jax.random.key(1), Batch(x, x, index=order), cut=TILES)
    np.testing.assert_array_equal(moved.hidden, found.hidden[order])


def test_of_a_series_as_large_a_share_of_the_windows_that_exist_is_hidden():
    x, mask = np.ones((4, 12, 2), "f4"), np.arange(12) < np.array([[12], [7], [3], [1]])
    hidden = np.asarray(hide_half(jax.random.key(1), Batch(x, x, mask=mask), cut=WINDOWS).hidden)
    windows = hidden.reshape(4, 4, 6)
    np.testing.assert_array_equal(windows.all(-1), windows.any(-1))
    exist = mask.reshape(4, 4, 3).any(-1)
    assert not (windows.any(-1) & ~exist).any()
    np.testing.assert_array_equal(windows.any(-1).sum(1), [2, 2, 0, 0])  # of 4, 3, 1 and 1, at least one stays
    longer = Batch(np.pad(x, [(0, 0), (0, 5), (0, 0)]), x, mask=np.pad(mask, [(0, 0), (0, 5)]))
    np.testing.assert_array_equal(hide_half(jax.random.key(1), longer, cut=WINDOWS).hidden[:, :12], hidden)


def test_how_many_patches_stay():
    assert [corruptions.visible(0.75, n) for n in (0, 1, 3, 4, 16, 49, 196)] == [0, 1, 1, 1, 4, 12, 49]
    assert [corruptions.visible(share, 10) for share in (0.0, 0.1, 0.9, 0.95)] == [10, 9, 1, 1]
    assert corruptions.visible(0.9, 20) == 2  # though 20 · (1 − 0.9) is a little less

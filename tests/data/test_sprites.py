"""`sprites`: counts and order as dSprites has them, shapes whose measures are known in closed form."""

import numpy as np
import pytest

from aelab import data
from aelab.data import sprites

ALL = sprites.Sprites()


def index(**factors) -> int:
    return int(np.ravel_multi_index([factors.get(name, 0) for name in sprites.FACTORS], sprites.SIZES))


def picture(**factors) -> np.ndarray:
    return ALL.get_batch(np.array([index(**factors)]))["x"][0, ..., 0]


def test_every_combination_has_its_index_and_y_is_fastest():
    assert len(ALL) == 737_280
    batch = ALL.get_batch(np.array([0, 1, 32, 1024, 40_960, 245_760, 737_279]))
    expected = [[0] * 5, [0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [1, 0, 0, 0, 0]]
    np.testing.assert_array_equal(batch["factors"], [*expected, [2, 5, 39, 31, 31]])
    np.testing.assert_array_equal(batch["label"], batch["factors"][:, 0])


def test_values_run_over_the_ranges_of_dsprites():
    last = np.array(sprites.SIZES) - 1
    np.testing.assert_allclose(
        sprites.values(np.stack([0 * last, last])).T[[0, 1, 3, 4]], [[1, 3], [0.5, 1], [0, 1], [0, 1]]
    )
    assert sprites.values(last)[2] == pytest.approx(2 * np.pi * 39 / 40)


def test_a_place_only_moves_a_shape():
    for shape in range(3):
        first = picture(shape=shape, scale=5, orientation=3)
        assert first.any()
        moved = picture(shape=shape, scale=5, orientation=3, x=31, y=17)
        np.testing.assert_array_equal(moved, np.roll(first, (17, 31), (0, 1)))
        assert not moved[:, 0].any()  # nothing is cut off or comes in at the other side
        assert not moved[:, -1].any()


@pytest.mark.parametrize(("shape", "area"), [(0, 1.4**2), (1, np.pi * 0.55)])
def test_areas_grow_with_the_square_of_the_scale(shape, area):
    for scale in range(6):
        radius = sprites.REACH * (0.5 + scale / 10)
        drawn = [picture(shape=shape, scale=scale, orientation=k, x=9, y=9).sum() for k in range(40)]
        assert np.mean(drawn) == pytest.approx(area * radius**2, rel=0.03)


def test_a_quarter_turn_is_ten_orientations():
    for shape in range(3):
        stamp = sprites.stamps()[shape, 5]
        np.testing.assert_array_equal(stamp[10], np.rot90(stamp[0], -1))


def test_only_symmetry_makes_two_pictures_alike():
    alike = [len({stamp.tobytes() for stamp in sprites.stamps()[shape, 5]}) for shape in range(3)]
    assert alike == [10, 20, 40]  # a square comes back after a quarter, an ellipse after half a turn


def test_splits_are_disjoint_lazy_and_carry_the_factors():
    splits = data.load("sprites")
    assert [len(part) for part in splits[2:5]] == [589_824, 73_728, 73_728]
    assert len(np.unique(np.concatenate([part.indices for part in splits[2:5]]))) == 737_280
    batch = splits.test.get_batch(np.arange(100))
    np.testing.assert_array_equal(np.ravel_multi_index(batch["factors"].T, sprites.SIZES), splits.test.indices[:100])
    some = splits.test.get_batch(np.arange(0, len(splits.test), 10))["factors"]
    assert tuple(len(np.unique(some[:, k])) for k in range(5)) == sprites.SIZES

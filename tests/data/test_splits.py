"""Groups of events that stay together where a set is split, by brute force."""

import numpy as np
import pytest
from PIL import Image

from aelab import data
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.data.splits import shuffled, split


def numbered(count, groups, **how):
    source = ArraySource(np.arange(count, dtype=np.float32)[:, None], None, Spec((1,), "float32", "real"))
    splits = split("made", source, groups=groups, **how)
    return [
        None if part is None else part.x[:, 0].astype(int) for part in (splits.train, splits.validation, splits.test)
    ]


@pytest.mark.parametrize("validation", [0.0, 0.1, 0.5])
def test_every_group_is_in_one_part_and_the_parts_have_nearly_their_share(validation):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        groups = np.repeat(rng.permutation(12), rng.integers(1, 9, 12))
        train, held, test = numbered(len(groups), groups, validation=validation)
        parts = [part for part in (train, held, test) if part is not None]
        assert (held is None) == (validation == 0)
        assert sorted(np.concatenate(parts)) == list(range(len(groups)))
        owners = [set(groups[part]) for part in parts]
        assert sum(map(len, owners)) == 12
        assert all(owners)
        assert abs(len(test) - len(groups) / 10) <= 5  # a group has at most 8, and the nearest end is half of one away
        assert all((np.diff(part) > 0).all() for part in parts)


def test_groups_of_one_are_split_as_events_are():
    for part, other in zip(
        numbered(40, np.arange(40), validation=0.2), numbered(40, None, validation=0.2), strict=True
    ):
        np.testing.assert_array_equal(part, other)
    assert sorted(numbered(40, None, validation=0.2)[2]) == sorted(shuffled(40)[:4])


def test_three_groups_are_one_in_each_part():
    sizes = [len(part) for part in numbered(60, np.repeat([2, 0, 1], 20), validation=0.1)]
    assert sizes == [20, 20, 20]


def pages(folder, files):
    for i in range(files):
        made = [Image.fromarray(np.full((4, 4), 10 * i + page, np.uint8)) for page in range(5)]
        made[0].save(folder / f"{i}.tif", save_all=True, append_images=made[1:])
    splits = data.load(f"images:{folder}")
    return [set(part.x[:, 0, 0, 0] // 10) for part in (splits.train, splits.validation, splits.test)], splits.notes


def test_the_pages_of_a_file_are_in_one_split(tmp_path):
    (train, held, test), notes = pages(tmp_path, 8)
    assert len(train | held | test) == len(train) + len(held) + len(test)
    assert (len(train), len(held), len(test)) == (6, 1, 1)
    assert not any("apart" in note for note in notes)


def test_where_there_are_too_few_files_their_pages_are_split_apart_and_that_is_said(tmp_path):
    (train, held, test), notes = pages(tmp_path, 2)
    assert train | held | test == {0, 1}
    assert any("split apart, as 3 files are needed" in note for note in notes)

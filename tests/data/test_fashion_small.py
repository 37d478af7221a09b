"""The embedded set: its numbers, its licence, and that the script in tools/ makes it."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from aelab import data
from aelab.data.fashion_small import FILE

SCRIPT = Path(__file__).parents[2] / "tools" / "make_fashion_small.py"


def test_sizes_shapes_and_range():
    parts = data.load("fashion_small")
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [4500, 500, 1000]
    batch = parts.train.get_batch(np.arange(3))
    assert batch["x"].shape == (3, 28, 28, 1)
    assert batch["x"].dtype == parts.spec.dtype == "uint8"
    assert (parts.train.x.min(), parts.train.x.max()) == (0, parts.spec.scale)
    assert parts.spec.levels == parts.spec.scale + 1


def test_classes_are_balanced_and_named():
    parts = data.load("fashion_small", validation=0)
    assert np.bincount(parts.train.label).tolist() == [500] * 10
    assert np.bincount(parts.test.label).tolist() == [100] * 10
    assert len(parts.spec.classes) == 10
    assert parts.spec.classes[9] == "Ankle boot"


def test_it_is_fashion_as_far_as_so_few_can_tell():
    parts = data.load("fashion_small", validation=0)
    for part, mean, std in ((parts.train, 0.2860, 0.3530), (parts.test, 0.2868, 0.3524)):
        assert part.x.mean() / 255 == pytest.approx(mean, abs=0.01)
        assert part.x.std() / 255 == pytest.approx(std, abs=0.01)


def test_the_split_is_the_one_recorded():
    parts = data.load("fashion_small")
    assert [part.fingerprint[:8] for part in parts[2:5]] == ["c49f4586", "609af984", "35549c4a"]


def test_the_licence_stands_beside_it():
    assert "Copyright (c) 2017 Zalando SE" in FILE.with_suffix(".LICENSE").read_text()


def test_the_script_makes_it(data_dir):
    made = runpy.run_path(str(SCRIPT))["small"](data_dir / "fashion_mnist")
    with np.load(FILE, allow_pickle=False) as kept:
        assert set(kept) == set(made)
        for key, array in made.items():
            np.testing.assert_array_equal(kept[key], array)
            assert kept[key].dtype == array.dtype


def test_the_script_repeats_itself_byte_for_byte(data_dir, tmp_path, monkeypatch):
    for out in ("a.npz", "b.npz"):
        argv = [str(SCRIPT), str(data_dir / "fashion_mnist"), "--out", str(tmp_path / out)]
        monkeypatch.setattr("sys.argv", argv)
        monkeypatch.setattr("time.time", lambda out=out: 1e9 if out == "a.npz" else 1.5e9)  # years apart
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()

"""From any set to shards: the same events, whole or not at all, nothing overwritten."""

import numpy as np
import pytest

from aelab import data
from aelab.data import convert
from aelab.data.convert import convert as to_shards
from aelab.errors import ConfigError, DataError, StorageError


@pytest.mark.parametrize("to", ["npy", "array_record"])
@pytest.mark.parametrize("name", ["digits", "japanesevowels", "binarized_mnist"])
def test_a_converted_set_is_the_set(tmp_path, data_dir, name, to):
    to_shards(name, tmp_path / "set", to=to)
    mine, theirs = data.load(f"shards:{tmp_path / 'set'}"), data.load(name)
    assert mine.spec == theirs.spec
    for split in ("train", "validation", "test"):
        one, other = getattr(mine, split), getattr(theirs, split)
        assert one.fingerprint == other.fingerprint
        order = np.random.default_rng(0).permutation(len(other))
        batch, expected = one.get_batch(order), other.get_batch(order)
        assert batch.keys() == expected.keys()
        for field in expected:
            np.testing.assert_array_equal(batch[field], expected[field])


def test_names_of_columns_and_missing_cells_stay(tmp_path):
    rows = [f"{i},{'' if i == 4 else i * i}" for i in range(20)]
    (tmp_path / "a.csv").write_text("\n".join(["time,much", *rows]))
    to_shards(f"csv:{tmp_path / 'a.csv'}", tmp_path / "set", missing="mask")
    mine, theirs = data.load(f"shards:{tmp_path / 'set'}"), data.load(f"csv:{tmp_path / 'a.csv'}", missing="mask")
    assert mine.spec == theirs.spec
    assert mine.spec.names == ("time", "much")
    assert mine.spec.missing
    assert mine.train.fingerprint == theirs.train.fingerprint


def test_shards_convert_to_shards(tmp_path):
    to_shards("digits", tmp_path / "a", to="npy", validation=0.25)
    to_shards(f"shards:{tmp_path / 'a'}", tmp_path / "b", to="array_record")
    to_shards(f"shards:{tmp_path / 'b'}", tmp_path / "c", to="npy")
    for path in (tmp_path / "a").iterdir():
        if path.suffix == ".npy":
            assert path.read_bytes() == (tmp_path / "c" / path.name).read_bytes()


def test_without_a_validation_split(tmp_path):
    to_shards("digits", tmp_path / "set", validation=0.0)
    assert data.load(f"shards:{tmp_path / 'set'}").validation is None


def test_options_that_do_not_fit(tmp_path):
    with pytest.raises(ConfigError, match="--binarize"):
        to_shards("digits", tmp_path / "set", binarize=True)
    with pytest.raises(ConfigError, match="--image-size"):
        to_shards("digits", tmp_path / "set", image_size=8)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        to_shards("digits", tmp_path / "set")
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "mine.txt"]


def test_a_set_that_is_broken_leaves_nothing(tmp_path, monkeypatch):
    def broken(self, indices):
        raise DataError("7.png: cut off")

    monkeypatch.setattr("aelab.data.arrays.ArraySource.get_batch", broken)
    with pytest.raises(DataError):
        to_shards("fashion_small", tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", ["npy", "array_record"])
def test_an_interruption_leaves_nothing(tmp_path, monkeypatch, to):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(convert.np, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        to_shards("digits", tmp_path / "set", to=to)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        to_shards("digits", tmp_path / "file" / "set")

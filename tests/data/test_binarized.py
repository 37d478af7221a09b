"""Static binarized MNIST."""

import numpy as np
import pytest

from aelab import data
from aelab.data.binarized import FILE
from aelab.errors import DataError


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_the_sets_own_splits_are_used(data_dir, share):
    parts = data.load("binarized_mnist", validation=share)
    assert [len(part) for part in parts[2:5]] == [50_000, 10_000, 10_000]
    for part, mean in zip(parts[2:5], (0.1306, 0.1311, 0.1325), strict=True):
        assert part.x.mean() == pytest.approx(mean, abs=5e-5)
        assert part.x.max() == part.spec.scale == 1
    batch = parts.train.get_batch(np.arange(4))
    assert batch["x"].shape == (4, 28, 28, 1)
    assert set(batch) == {"x"}
    assert parts.spec.classes == ()
    assert parts.spec.levels == 2


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path))
    (tmp_path / FILE).parent.mkdir()
    return tmp_path / FILE


def test_bits_are_unpacked_most_significant_first(archive):
    bits = np.zeros((2, 98), np.uint8)
    bits[0, 0] = 0b1010_0000
    np.savez(archive, train=bits, valid=bits, test=bits)
    x = data.load("binarized_mnist").train.x
    assert x[0, 0, :4, 0].tolist() == [1, 0, 1, 0]
    assert x.sum() == 2


def test_a_missing_file_is_named(archive):
    with pytest.raises(DataError, match=r"binarized_mnist_packed\.npz: no such file; set AELAB_DATA_DIR"):
        data.load("binarized_mnist")


def test_without_a_folder_the_setting_is_named(monkeypatch):
    monkeypatch.delenv("AELAB_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="set AELAB_DATA_DIR"):
        data.load("binarized_mnist")


def test_a_broken_file_is_named(archive):
    archive.write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"binarized_mnist_packed\.npz: cannot be read"):
        data.load("binarized_mnist")
    bits = np.zeros((2, 97), np.uint8)
    np.savez(archive, train=bits, valid=bits, test=bits)
    with pytest.raises(DataError, match=r"binarized_mnist_packed\.npz: not rows of 98 bytes"):
        data.load("binarized_mnist")

"""IDX files, good and bad."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from aelab import data
from aelab.data import idx
from aelab.errors import DataError

X = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
PLAIN = struct.pack(">HBB3I", 0, 8, 3, 2, 3, 4) + X.tobytes()
ZIPPED = gzip.compress(PLAIN)


@pytest.mark.parametrize("content", [PLAIN, ZIPPED], ids=["plain", "gzip"])
def test_the_content_decides_whether_it_is_zipped(tmp_path, content):
    for name in ("x", "x.gz"):
        (tmp_path / name).write_bytes(content)
        np.testing.assert_array_equal(idx.read(tmp_path / name), X)


@pytest.mark.parametrize(("code", "dtype"), [(9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")])
def test_every_type_of_the_format_is_read(tmp_path, code, dtype):
    values = np.array([-1, 2, 100], f">{dtype}")
    (tmp_path / "x").write_bytes(struct.pack(">HBBI", 0, code, 1, 3) + values.tobytes())
    read = idx.read(tmp_path / "x")
    assert read.dtype == np.dtype(dtype)
    assert read.tolist() == [-1, 2, 100]


BAD = {
    "empty": b"",
    "text": b"hello, this is no IDX file",
    "wrong type": b"\0\0\7" + PLAIN[3:],
    "no axes": b"\0\0\x08\0",
    "too many axes": b"\0\0\x08\xff" + bytes(4 * 255),
    "header cut off": PLAIN[:10],
    "data cut off": PLAIN[:-1],
    "data too long": PLAIN + b"\0",
    "absurd header": struct.pack(">HBB3I", 0, 8, 3, *[2**32 - 1] * 3),
    "gzip truncated": ZIPPED[:-12],
    "gzip without its end": ZIPPED[:-8],
    "gzip damaged": ZIPPED[:-8] + bytes(4) + ZIPPED[-4:],
    "gzip header alone": ZIPPED[:5],
    "gzip and more": ZIPPED + b"more",
    "gzip of too much": gzip.compress(PLAIN + b"\0"),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_file_is_named(tmp_path, content):
    path = tmp_path / "bad-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"bad-idx3-ubyte\.gz: cannot be read: .") as caught:
        idx.read(path)
    assert caught.value.code == 3
    assert "\n" not in str(caught.value)


def test_a_small_file_cannot_fill_the_memory(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(PLAIN + bytes(50_000_000)))
    tracemalloc.start()
    with pytest.raises(DataError, match="there are more"):
        idx.read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_folder_is_four_files(tmp_path, images, write_folder):
    folder = write_folder(tmp_path / "set", images(0.1, 30), images(0.2, 10))
    (x, label), (x_test, label_test) = idx.read_folder(folder)
    np.testing.assert_array_equal(x, images(0.1, 30)[0])
    np.testing.assert_array_equal(label_test, images(0.2, 10)[1])
    assert (len(label), len(x_test)) == (30, 10)


def test_a_folder_may_hold_unpacked_files(tmp_path, images, write_folder):
    folder = write_folder(tmp_path / "set", images(0.1, 30), images(0.2, 10))
    zipped = folder / "train-images-idx3-ubyte.gz"
    zipped.with_suffix("").write_bytes(gzip.decompress(zipped.read_bytes()))
    zipped.unlink()
    assert len(idx.read_folder(folder)[0][0]) == 30


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
def test_a_missing_file_is_named(tmp_path, images, write_folder, name):
    folder = write_folder(tmp_path / "set", images(0.1, 30), images(0.2, 10))
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"{name}: .*no such file"):
        idx.read_folder(folder)


def test_labels_must_match_their_images(tmp_path, images, write_folder):
    (x, label), test = images(0.1, 30), images(0.2, 10)
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        idx.read_folder(write_folder(tmp_path / "short", (x, label[:-1]), test))
    with pytest.raises(DataError, match="train-images-idx3-ubyte"):
        idx.read_folder(write_folder(tmp_path / "flat", (x.reshape(30, -1), label), test))
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte"):
        idx.read_folder(write_folder(tmp_path / "none", (x, label), (x[:0], label[:0])))


def test_a_folder_of_your_own_needs_neither_labels_nor_a_test_set(tmp_path, idx_bytes):
    x = np.random.default_rng(0).integers(0, 256, (20, 5, 4))
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(x))
    splits = data.load(f"idx:{tmp_path}")
    assert [len(part) for part in splits[2:5]] == [16, 2, 2]
    assert splits.spec[:3] == ((5, 4, 1), "uint8", "unit")
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(x[:7])))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(20) % 4))
    splits = data.load(f"idx:{tmp_path}", validation=0)
    np.testing.assert_array_equal(splits.train.x[..., 0], x)
    np.testing.assert_array_equal(splits.train.label, np.arange(20) % 4)
    assert len(splits.test) == 7
    assert splits.spec.classes == ("0", "1", "2", "3")


def test_the_canonical_files_read_the_same_by_path(data_dir, monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    named, own = data.load("tfds:mnist"), data.load(f"idx:{data_dir / 'mnist'}")
    assert [part.fingerprint for part in named[2:5]] == [part.fingerprint for part in own[2:5]]
    assert named.spec == own.spec


def test_files_with_a_sets_name_before_are_read_and_several_sets_are_not(tmp_path, idx_bytes):
    x, label = np.arange(20 * 9, dtype=np.uint8).reshape(20, 3, 3), np.arange(20, dtype=np.uint8) % 4
    for split, n in (("train", 20), ("test", 5)):
        for word, array in (("images-idx3", x[:n]), ("labels-idx1", label[:n])):
            (tmp_path / f"emnist-letters-{split}-{word}-ubyte.gz").write_bytes(gzip.compress(idx_bytes(array)))
    splits = data.load(f"idx:{tmp_path}", validation=0)
    np.testing.assert_array_equal(splits.train.x[..., 0], x)
    np.testing.assert_array_equal(splits.test.label, label[:5])
    (tmp_path / "emnist-digits-train-images-idx3-ubyte").write_bytes(idx_bytes(x))
    with pytest.raises(DataError, match="keep one in it, of emnist-digits-train-images-idx3-ubyte, emnist-letters"):
        data.load(f"idx:{tmp_path}")

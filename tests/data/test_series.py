"""Series of the UCR and UEA archives: what the files hold, and what is said of broken ones."""

import gzip

import numpy as np
import pytest

from aelab import data
from aelab.data import series
from aelab.errors import DataError

HEADER = "\ufeff#a comment with @dimensions\n@problemName x\n@classLabel true a b\n@data\n"


@pytest.mark.parametrize(
    ("name", "train", "test", "shape", "counts"),
    [
        ("ecg5000", 500, 4500, (140, 1), [2627, 1590, 86, 175, 22]),
        ("gunpoint", 50, 150, (150, 1), [76, 74]),
        ("italypowerdemand", 67, 1029, (24, 1), [513, 516]),
        ("japanesevowels", 270, 370, (29, 12), [31, 35, 88, 44, 29, 24, 40, 50, 29]),
    ],
)
def test_the_sets_are_what_the_archive_says(data_dir, monkeypatch, name, train, test, shape, counts):
    monkeypatch.setenv("AELAB_DATA_DIR", str(data_dir))
    splits = data.load(name, validation=0.1)
    assert len(splits.train) + len(splits.validation) == train
    assert (len(splits.test), splits.spec.shape) == (test, shape)
    np.testing.assert_array_equal(np.bincount(splits.test.get_batch(np.arange(test))["label"]), counts)


def test_lengths_differ_and_padding_is_marked(data_dir, monkeypatch):
    monkeypatch.setenv("AELAB_DATA_DIR", str(data_dir))
    splits = data.load("japanesevowels")
    train, test = (part.get_batch(np.arange(len(part))) for part in (splits.train, splits.test))
    assert (train["length"].min(), train["length"].max()) == (7, 26)
    assert (test["length"].min(), test["length"].max()) == (7, 29)
    behind = np.arange(29) >= test["length"][:, None]
    assert (test["x"][behind] == 0).all()
    assert sum(splits.spec.lengths) == len(splits.train)
    assert np.flatnonzero(splits.spec.lengths)[-1] == 26


def test_channels_and_lengths_are_read(tmp_path):
    (tmp_path / "a.ts").write_text(HEADER + "1,2,3:4,5,6:a\n7,8:9,10:b\n", encoding="utf-8")
    found = series.read(tmp_path / "a.ts")
    np.testing.assert_array_equal(found.events[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(found.events[1], [[7, 9], [8, 10]])
    assert found.classes == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("a.ts", "1,2:a", "@data"),
        ("a.ts", HEADER, "no series"),
        ("a.ts", HEADER + "1,x:a", "x"),
        ("a.ts", HEADER + "1,2:a\n1:2:a", "shape"),
        ("a.ts", HEADER + "1,2:1,2,3:a", ""),
        ("a.ts", HEADER + "1,?:a", ""),
        ("a.ts", HEADER + "1,nan:a", "not finite"),
        ("a.txt", "1 2 nan", "not finite"),
        ("a.txt", "1 x 3", "x"),
        ("a.txt", "1", "shape"),
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path, name, text, word):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=name) as error:
        series.read(tmp_path / name)
    assert word in str(error.value)
    assert "\n" not in str(error.value)


def test_a_truncated_gzip_is_named(tmp_path):
    (tmp_path / "a.ts.gz").write_bytes(gzip.compress((HEADER + "1,2:a\n").encode())[:-6])
    with pytest.raises(DataError, match=r"a\.ts\.gz"):
        series.read(tmp_path / "a.ts.gz")

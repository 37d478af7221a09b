"""Series of the UCR and UEA archives: what the files hold, and what is said of broken ones."""

import gzip

import numpy as np
import pytest

from aelab import data
from aelab.data import series
from aelab.errors import ConfigError, DataError

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
        ("a.ts", HEADER + "?,1:a", ""),
        ("a.ts", HEADER + "nan,1:a", "not finite"),
        ("a.txt", "1 nan 2", "not finite"),
        ("a.txt", "1 x 3", "x"),
        ("a.txt", "1", "holds no value; drop it, or give --label-column none"),
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


OWN = """\ufeff#a comment that says @data and nothing of it
@problemName x
@classLabel true "one thing" other
@data
# and a comment among the series
1,2,3:4,5,6:one thing
7,8:9,10:other
1,1:2,2:one thing
3,4:5,6:other
"""


def test_a_file_of_your_own_may_have_comments_spaces_and_a_mark(tmp_path):
    (tmp_path / "a.ts").write_text(OWN, encoding="utf-8")
    splits = data.load(f"ts:{tmp_path / 'a.ts'}", validation=0)
    assert splits.spec.classes == ("one thing", "other")
    assert splits.spec.shape == (3, 2)
    assert len(splits.train) + len(splits.test) == 4
    whole = [part.get_batch(np.arange(len(part))) for part in (splits.train, splits.test)]
    assert sorted(np.concatenate([batch["length"] for batch in whole])) == [2, 2, 2, 3]


def test_without_classes_there_are_none(tmp_path):
    (tmp_path / "a.ts").write_text("@classLabel false\n@data\n" + "1,2,3\n4,5,6\n" * 3)
    splits = data.load(f"ts:{tmp_path / 'a.ts'}")
    assert splits.spec.classes == ()
    assert splits.spec.shape == (3, 1)
    assert "label" not in splits.train.get_batch(np.arange(2))


@pytest.mark.parametrize(
    ("column", "classes", "shape"), [("auto", ("1", "2"), (3, 1)), ("none", (), (4, 1)), ("-1", ("4", "8"), (3, 1))]
)
def test_a_tables_class_stands_first_unless_told(tmp_path, column, classes, shape):
    (tmp_path / "a.tsv").write_text("1\t2.5\t3\t4\n2\t6\t7\t8\n" * 3)
    splits = data.load(f"ts:{tmp_path / 'a.tsv'}", label_column=column)
    assert (splits.spec.classes, splits.spec.shape) == (classes, shape)


def test_a_test_file_beside_is_found_and_must_match(tmp_path):
    for name, count in {"A_TRAIN.ts": 6, "A_TEST.ts": 4}.items():
        (tmp_path / name).write_text("@data\n" + "1,2:a\n3,4:b\n" * (count // 2))
    splits = data.load(f"ts:{tmp_path / 'A_TRAIN.ts'}", validation=0)
    assert [len(splits.train), len(splits.test)] == [6, 4]
    (tmp_path / "A_TEST.ts").write_text("@data\n1,2:3,4:a\n")
    with pytest.raises(DataError, match=r"A_TEST\.ts: 2 channels, the training series have 1"):
        data.load(f"ts:{tmp_path / 'A_TRAIN.ts'}")


def test_the_archives_own_files_read_the_same_by_path(data_dir, monkeypatch):
    monkeypatch.setenv("AELAB_DATA_DIR", str(data_dir))
    for name, path in {
        "japanesevowels": "ucr/JapaneseVowels_TRAIN.ts.gz",
        "ecg5000": "ecg5000/ECG5000_TRAIN.txt.gz",
    }.items():
        named, own = data.load(name), data.load(f"ts:{data_dir / path}")
        assert [part.fingerprint for part in named[2:5]] == [part.fingerprint for part in own[2:5]]
        assert named.spec == own.spec


def test_time_stamps_and_a_label_column_of_ts_files_are_refused(tmp_path):
    (tmp_path / "a.ts").write_text("@timeStamps true\n@data\n(0,1),(1,2):a\n")
    with pytest.raises(DataError, match="time stamps"):
        series.read(tmp_path / "a.ts")
    (tmp_path / "b.ts").write_text(OWN, encoding="utf-8")
    with pytest.raises(ConfigError, match="--label-column"):
        series.read(tmp_path / "b.ts", "0")

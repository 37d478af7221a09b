"""`csv:`: marks, headers, labels, and what is said of cells that are no numbers."""

import gzip

import numpy as np
import pytest

from aelab import data
from aelab.data import tables
from aelab.errors import ConfigError, DataError

ROWS = [[5.1, 3.5, 0], [4.9, 3.0, 1], [6.2, 2.9, 1], [7.0, 3.1, 2]]


def write(path, rows, mark=",", header=None):
    path.write_text("\n".join(mark.join(map(str, row)) for row in ([header] if header else []) + rows) + "\n")
    return path


@pytest.mark.parametrize("mark", [",", "\t", ";", "  ", ", "])
@pytest.mark.parametrize("header", [None, ["a", "b", "c"], ["0", "1", "2"]])
def test_any_mark_with_and_without_a_header(tmp_path, mark, header):
    part = tables.read(write(tmp_path / "a.csv", ROWS, mark, header), "auto")
    np.testing.assert_array_equal(part.x, np.array(ROWS, np.float32))
    assert part.label is None


def test_a_byte_order_mark_gzip_quotes_and_empty_lines_are_read(tmp_path):
    text = '\ufeff"a, first",b\n\n1,2\r\n"3",4\n\n'
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    np.testing.assert_array_equal(tables.read(tmp_path / "a.csv.gz", "none").x, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("column", "header", "expected"),
    [
        ("auto", ["a", "Class", "b"], [3.5, 3.0, 2.9, 3.1]),
        ("b", ["a", "x", "b"], [0, 1, 1, 2]),
        ("2", ["a", "x", "b"], [0, 1, 1, 2]),
        ("-1", None, [0, 1, 1, 2]),
        ("none", ["a", "class", "b"], None),
        ("auto", ["a", "x", "b"], None),
        ("0", ["a", "0", "b"], [3.5, 3.0, 2.9, 3.1]),  # a name comes before a number
    ],
)
def test_the_label_column_goes_by_name_or_number(tmp_path, column, header, expected):
    part = tables.read(write(tmp_path / "a.csv", ROWS, header=header), column)
    assert part.x.shape[1] == (3 if expected is None else 2)
    if expected is None:
        assert part.label is None
    else:
        np.testing.assert_array_equal(part.label, expected)


def test_classes_by_name_and_a_test_file_beside(tmp_path):
    names = ["setosa", "virginica", "setosa", "versicolor"]
    rows = [[*row, name] for row, name in zip(ROWS, names, strict=True)]
    write(tmp_path / "iris_train.csv", rows, header=["a", "b", "c", "species"])
    write(tmp_path / "iris_test.csv", rows[:2], header=["a", "b", "c", "species"])
    splits = data.load(f"csv:{tmp_path / 'iris_train.csv'}", label_column="species", validation=0)
    assert splits.spec.classes == ("setosa", "versicolor", "virginica")
    np.testing.assert_array_equal(splits.train.label, [0, 2, 0, 1])
    np.testing.assert_array_equal(splits.test.label, [0, 2])
    assert splits.spec.shape == (3,)


def test_scikit_learns_wine_comes_back(tmp_path):
    from sklearn.datasets import load_wine

    wine = load_wine()
    rows = [[*x, y] for x, y in zip(wine.data.tolist(), wine.target.tolist(), strict=True)]
    path = write(tmp_path / "wine.csv", rows, header=[*wine.feature_names, "class"])
    splits = data.load(f"csv:{path}", validation=0)
    assert [len(splits.train), len(splits.test)] == [160, 18]
    x = np.concatenate([splits.train.x, splits.test.x])
    np.testing.assert_allclose(np.sort(x, 0), np.sort(wine.data, 0), rtol=1e-6)
    label = np.concatenate([splits.train.label, splits.test.label])
    np.testing.assert_array_equal(np.bincount(label), np.bincount(wine.target))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2\n3\n", "line 2 has 1 cells, the first one 2"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4 has 3 cells"),
        ("a,b\n1,2\n3,\n", "line 3, column 'b': the cell is empty; train with --missing mask"),
        ("a;b\n1;2\n ;3\n", "line 3, column 'a': the cell is empty"),
        ("1,2\n3,nan\n", "line 2, column 1: 'nan' is a missing value; train with --missing mask"),
        ("1,2\n3,inf\n", "'inf'"),
        ("1,2\n3,1e39\n", "'1e39'"),
        ("1,2\n3,x\n", "'x' is no finite number; fill it in"),
        ("cat,dog\ncat,dog\n", "'cat'"),
        ("", "no rows"),
        ("\n\n", "no rows"),
        ("a,b\n", "no rows"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, words):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=r"a\.csv") as error:
        tables.read(tmp_path / "a.csv", "auto")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("column", ["d", "3", "-4", ""])
def test_a_label_column_that_is_not_there_is_a_matter_of_the_flag(tmp_path, column):
    with pytest.raises(ConfigError, match="--label-column: no column"):
        tables.read(write(tmp_path / "a.csv", ROWS, header=["a", "b", "c"]), column)


@pytest.mark.parametrize("wild", [3, 17, 28])
def test_a_wild_value_is_named_by_its_line_in_the_file_whatever_split_it_fell_into(tmp_path, wild):
    rows = [f"{i % 7},{i % 5}" for i in range(30)]
    rows[wild] = f"1,{10.0**30}"
    (tmp_path / "a.csv").write_text("a,b\n\n" + "\n\n".join(rows) + "\n")  # an empty line behind each
    try:
        said = " ".join(data.load(f"csv:{tmp_path / 'a.csv'}").notes)
        assert "column 'b': one value makes more than half of the variance" in said
    except DataError as error:
        said = str(error)
        assert "column 'b': 1e+30 is " in said
    assert f"a.csv, line {3 + 2 * wild}" in said


def test_a_wild_value_of_a_series_is_named_by_line_step_and_channel(tmp_path):
    for role, rows in (("TRAIN", 12), ("TEST", 9)):
        lines = [" ".join(str(i * j % 7) for j in range(1, 6)) for i in range(1, rows)]
        lines[6] = "1 2 3 1e30 5" if role == "TEST" else lines[6]
        (tmp_path / f"a_{role}.txt").write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=r"a_TEST\.txt, line 7, step 2, channel 0: 1e\+30 is "):
        data.load(f"ts:{tmp_path / 'a_TRAIN.txt'}")


def test_bars_part_columns_too(tmp_path):
    np.testing.assert_array_equal(
        tables.read(write(tmp_path / "a.csv", ROWS, "|", ["a", "b", "c"])).x, np.float32(ROWS)
    )


@pytest.mark.parametrize(
    ("above", "mark", "names"),
    [
        (["# made by me"], ",", ()),
        (["# made by me, today, here, now"], ",", ()),
        (["# made by me", "a,b,c"], ",", ("a", "b", "c")),
        (["# a b c"], " ", ("a", "b", "c")),  # as numpy.savetxt writes a header
        (["# made by me", "#", "# a b c"], " ", ("a", "b", "c")),
        (["#id,b,c"], ",", ("#id", "b", "c")),  # a name
    ],
)
def test_lines_above_a_table_that_begin_with_a_hash_are_a_header_or_left_out(tmp_path, above, mark, names):
    rows = [mark.join(map(str, row)) for row in ROWS]
    (tmp_path / "a.csv").write_text("\n".join([*above, *rows]) + "\n")
    part = tables.read(tmp_path / "a.csv")
    np.testing.assert_array_equal(part.x, np.float32(ROWS))
    assert part.names == names
    dropped = sum(line[:1] == "#" for line in above) - any(
        line[:1] == "#" and names and names[0] in line for line in above
    )
    assert any(f"{dropped} lines above" in note for note in part.notes) == (dropped > 0)


def test_lines_may_end_as_on_old_macs(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\r" + b"\r".join(b"%d,%d" % (i, i * i) for i in range(9)) + b"\r")
    np.testing.assert_array_equal(tables.read(tmp_path / "a.csv").x, [[i, i * i] for i in range(9)])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04" + bytes(99), r"an archive, as \.xlsx and \.npz are, and no text; save it as CSV"),
        (b"PAR1" + bytes(99), "Parquet, and no text; save it as CSV"),
        (b"1:2:3\n" * 9, "line 1: '1:2:3' is no number; its columns are to be parted by commas"),
    ],
)
def test_what_is_no_table_of_known_marks_is_called_so(tmp_path, content, said):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError, match=said):
        tables.read(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("PK,b\n" + "1,2\n" * 3)
    assert tables.read(tmp_path / "a.csv").names == ("PK", "b")

"""How people write numbers in tables, and what is said where a cell is none."""

import numpy as np
import pytest

from aelab import data
from aelab.data.cells import number
from aelab.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("text", "comma", "value"),
    [
        ("1.5", False, 1.5),
        (" -2e3 ", False, -2000),
        ("1,234.5", False, 1234.5),
        ("1,234,567", False, 1234567),
        ("5 %", False, 0.05),
        ("-12.5%", False, -0.125),
        ("true", False, 1),
        ("FALSE", False, 0),
        ("1'234.5", False, 1234.5),
        ("1 234.5", False, 1234.5),
        ("−3.5", False, -3.5),
        ("3,25", True, 3.25),
        ("1.234,5", True, 1234.5),
        ("1 234,5", True, 1234.5),
        ("-0,5e2", True, -50),
        ("12,5 %", True, 0.125),
        ("7", True, 7),
    ],
)
def test_a_number_is_read_as_it_is_written(text, comma, value):
    assert number(text, comma) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "NA", "n/a", "NaN", "?", "null", "-", "None"])
def test_missing_is_missing(text):
    assert np.isnan(number(text))


@pytest.mark.parametrize("text", ["x", "2020-01-31", "1,5", "1,23,4", "inf", "1e39", "12:30", "1_000", "0x10"])
def test_anything_else_is_no_number(text):
    with pytest.raises(ValueError, match=r".+"):
        number(text)


X = np.random.default_rng(0).normal(size=(60, 3)).round(4) * 100


def written(mark=",", header="a,b,c", cell=str, first=None, encoding="utf-8"):
    rows = [mark.join(([] if first is None else [first(i)]) + [cell(x) for x in row]) for i, row in enumerate(X)]
    return ("\n".join([*([header.replace(",", mark)] if header else []), *rows]) + "\n").encode(encoding)


def load(tmp_path, text, **options):
    (tmp_path / "a.csv").write_bytes(text)
    return data.load(f"csv:{tmp_path / 'a.csv'}", validation=0, **options)


def values(splits):
    return np.sort(np.concatenate([splits.train.x, splits.test.x]), 0)


def german(x):
    return f"{x:,.2f}".translate(str.maketrans(",.", ".,"))


TABLES = {
    "decimal commas": (written(";", cell=lambda x: f"{x:.2f}".replace(".", ",")), {}),
    "no header": (written(";", header="", cell=lambda x: f"{x:.2f}".replace(".", ",")), {}),
    "tabs": (written("\t", cell=lambda x: f"{x:.2f}".replace(".", ",")), {}),
    "thousands in quotes": (written(cell=lambda x: f'"{x:,.2f}"'), {}),
    "points between thousands": (written(";", cell=german), {}),
    "utf-16": (written(encoding="utf-16"), {}),
    "an index of pandas": (written(header=",a,b,c", first=str), {}),
    "numbers of rows of R": (written(" ", first=lambda i: f'"{i}"'), {}),
    "an empty last column": (written(header="a,b,c,", cell=str).replace(b"\n", b",\n").replace(b"c,,", b"c,"), {}),
    "dates": (written(header="day,a,b,c", first=lambda i: f"2020-01-{i % 28 + 1:02}"), {"drop_columns": ("day",)}),
    "columns": (written(header="day,a,b,c", first=lambda i: f"id{i}"), {"columns": ("b", "a", "c")}),
    "numbers of columns": (written(header="day,a,b,c", first=lambda i: f"id{i}"), {"columns": ("1", "2", "-1")}),
    "units": (written(header="a,b,c\ns,°C,m/s"), {}),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_gives_its_numbers_and_the_names_of_its_columns(tmp_path, name):
    text, options = TABLES[name]
    splits = load(tmp_path, text, **options)
    np.testing.assert_allclose(values(splits), np.sort(X, 0), atol=6e-3, rtol=1e-6)
    assert splits.spec.names == (() if name == "no header" else ("a", "b", "c"))


def test_whole_numbers_between_commas_and_spaces_are_columns(tmp_path):
    text = "".join(f"{i}, {i + 1}, {2 * i}\n" for i in range(20)).encode()
    np.testing.assert_array_equal(values(load(tmp_path, text))[3], [3, 4, 6])


def test_shares_and_truths_are_numbers(tmp_path):
    text = "a,b\n" + "".join(f"{i} %,{'true' if i % 3 else 'False'}\n" for i in range(30))
    found = values(load(tmp_path, text.encode()))
    np.testing.assert_allclose(found[:, 0], np.arange(30) / 100, atol=1e-7)
    assert found[:, 1].sum() == 20


@pytest.mark.parametrize("header", ["", "value\n"])
def test_one_column_of_decimal_commas_is_one_column(tmp_path, header):
    x = np.arange(40) * 0.51
    text = header + "".join(f"{v:.2f}\n".replace(".", ",") for v in x)
    splits = load(tmp_path, text.encode())
    np.testing.assert_allclose(values(splits)[:, 0], x, atol=1e-5)
    assert splits.spec.shape == (1,)


def test_what_may_be_one_column_or_two_is_said(tmp_path):
    text = "".join(f"{i},{10 + i}\n" for i in range(40)).encode()
    splits = load(tmp_path, text)
    assert splits.spec.shape == (2,)
    assert "--decimal comma reads them as one number" in splits.notes[0]
    assert load(tmp_path, text, decimal="comma").spec.shape == (1,)
    assert load(tmp_path, text, decimal="point").notes == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"t;p\n1;2\n3;4,x\n5;6\n", "line 3, column 'p': '4,x' is no finite number"),
        (
            b"day,p\n2020-01-01,2\n2020-01-02,3\n2020-01-03,4\n",
            "line 2, column 'day': '2020-01-01' .*--drop-columns day",
        ),
        (b"a,b\n1,2\n3,\n", "line 3, column 'b': the cell is empty.*--missing mask"),
        (b"a,b\n1,inf\n3,4\n", "line 2, column 'b': 'inf'"),
        ("a,b\n1,2 °\n".encode("latin-1"), "byte 0xb0 is no UTF-8; save the file as UTF-8"),
    ],
)
def test_a_cell_is_named_with_line_column_and_text(tmp_path, text, words):
    with pytest.raises(DataError, match=rf"a\.csv: .*{words}") as error:
        load(tmp_path, text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("options", [{"columns": ("z",)}, {"drop_columns": ("7",)}, {"drop_columns": ("a", "b", "c")}])
def test_columns_that_are_not_there_are_a_matter_of_the_flag(tmp_path, options):
    with pytest.raises(ConfigError, match=r"--(drop-)?columns: no column"):
        load(tmp_path, written(), **options)


def test_missing_cells_train_where_that_is_asked_for(tmp_path):
    text = written().replace(b"\n", b"\n", 1).splitlines()
    text[5] = b"1.0,NA,2.0"
    splits = load(tmp_path, b"\n".join(text), missing="mask")
    assert splits.spec.missing
    assert np.isnan(np.concatenate([splits.train.x, splits.test.x])).sum() == 1


def test_the_columns_of_a_test_file_go_by_their_names(tmp_path):
    (tmp_path / "t_train.csv").write_bytes(written())
    rows = [[c, a, 7.0, b] for a, b, c in X[:5]]
    lines = ["c,a,more,b", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "t_test.csv").write_text("\n".join(lines) + "\n")
    splits = data.load(f"csv:{tmp_path / 't_train.csv'}", validation=0)
    np.testing.assert_allclose(splits.test.x, X[:5], rtol=1e-6)


def test_columns_of_one_name_keep_their_order(tmp_path):
    (tmp_path / "t_train.csv").write_bytes(written(header="a,a,b"))
    rows = [[b, a, c] for a, c, b in X[:5]]
    (tmp_path / "t_test.csv").write_text("b,a,a\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    np.testing.assert_allclose(data.load(f"csv:{tmp_path / 't_train.csv'}").test.x, X[:5], rtol=1e-6)
    (tmp_path / "t_test.csv").write_text("b,a\n1,2\n3,4\n")
    with pytest.raises(DataError, match="fewer columns called 'a' than are trained on"):
        data.load(f"csv:{tmp_path / 't_train.csv'}")


def test_rows_as_series(tmp_path):
    assert load(tmp_path, written(), kind="series").spec.shape == (3, 1)

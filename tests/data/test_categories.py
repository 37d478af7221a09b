"""Tables of numbers, of 0 and 1, and of words: worked by hand on a few rows."""

import json

import numpy as np
import pytest

from aelab import data
from aelab.data.columns import Column, cells, from_json
from aelab.data.normalise import as_stored, normalised
from aelab.errors import ConfigError, DataError

TRAIN = """age,sex,ill,town,rooms
20,m,0,Bern,2
30,f,1,Paris,10
40,f,0,Bern,1
50,m,1,Köln,2
60,m,0,Bern,10
"""
TEST = "sex,town,age,rooms,ill\nf,Bern,45,1,1\nm,Köln,25,2,0\n"


def load(folder, train=TRAIN, test=TEST, **options):
    (folder / "a_train.csv").write_text(train)
    if test:
        (folder / "a_test.csv").write_text(test)
    options = {"categorical": ("auto",), "validation": 0.0} | options
    return data.load(f"csv:{folder / 'a_train.csv'}", **options)


def test_words_become_groups_and_numbers_stay(tmp_path):
    splits = load(tmp_path)
    spec = splits.spec
    assert spec.columns == (
        Column("age", "number"),
        Column("sex", "category", ("f", "m")),
        Column("ill", "binary"),
        Column("town", "category", ("Bern", "Köln", "Paris")),
        Column("rooms", "number"),
    )
    assert spec.names == ("age", "sex=f", "sex=m", "ill", "town=Bern", "town=Köln", "town=Paris", "rooms")
    np.testing.assert_array_equal(splits.train.x[1], [30, 1, 0, 1, 0, 0, 1, 10])
    np.testing.assert_array_equal(splits.test.x, [[45, 1, 0, 1, 1, 0, 0, 1], [25, 0, 1, 0, 0, 1, 0, 2]])
    assert not spec.missing
    assert any("sex (2), town (3); 0 or 1: ill; numbers: 2 columns" in note for note in splits.notes)


def test_numbers_alone_are_standardised(tmp_path):
    splits = load(tmp_path)
    seen = normalised(splits.train.get_batch(np.arange(5)), splits.spec)
    np.testing.assert_allclose(seen[:, 0], (np.array([20, 30, 40, 50, 60]) - 40) / np.sqrt(200), rtol=1e-6)
    np.testing.assert_array_equal(seen[:, 1:7], splits.train.x[:, 1:7])
    np.testing.assert_allclose(as_stored(seen, splits.spec), splits.train.x, rtol=1e-6)


def test_named_columns_may_be_numbers_and_levels_are_in_their_order(tmp_path):
    splits = load(tmp_path, categorical=("auto", "rooms"))
    assert splits.spec.columns[-1] == Column("rooms", "category", ("1", "2", "10"))
    with pytest.raises(DataError, match="line 2, column 'town': 'Bern' is no finite number"):
        load(tmp_path, categorical=("sex",))


def test_a_word_among_numbers_is_no_category(tmp_path):
    with pytest.raises(DataError, match=r"line 3, column 'age': 'many' is no .* --categorical age"):
        load(tmp_path, TRAIN.replace("30,", "many,"))


def test_levels_are_those_of_the_training_rows_alone(tmp_path):
    test = TEST.replace("m,Köln", "m,Oslo")
    with pytest.raises(DataError, match=r"a_test\.csv, line 3, column 'town': no training row has the word 'Oslo'"):
        load(tmp_path, test=test)
    splits = load(tmp_path, test=test, missing="mask")
    assert splits.spec.columns[3].levels == ("Bern", "Köln", "Paris")
    assert splits.spec.missing
    assert np.isnan(splits.test.x[1, 4:7]).all()
    assert np.isfinite(splits.test.x[0]).all()
    assert any("column 'town': 1 cells of words" in note for note in splits.notes)


def test_a_level_that_only_held_out_rows_have_is_none(tmp_path):
    rows = [f"{i},{'ab'[i % 2]}" for i in range(40)]
    path = tmp_path / "a.csv"
    path.write_text("n,w\n" + "\n".join(rows) + "\n")
    whole = data.load(f"csv:{path}", categorical=("auto",))
    held = int(whole.test.x[0, 0])
    path.write_text("n,w\n" + "\n".join([*rows[:held], f"{held},c", *rows[held + 1 :]]) + "\n")
    splits = data.load(f"csv:{path}", categorical=("auto",), missing="mask")
    assert splits.spec.columns[1].levels == ("a", "b")
    np.testing.assert_array_equal(splits.test.x[0], [held, np.nan, np.nan])
    np.testing.assert_array_equal(splits.train.x, whole.train.x)


def test_missing_cells_of_words_are_missing_in_all_of_their_group(tmp_path):
    train = TRAIN.replace("40,f,0,Bern,1", "40,,0,NA,1")
    with pytest.raises(DataError, match=r"line 4, column 'sex': the cell is empty; .*--missing mask"):
        load(tmp_path, train)
    splits = load(tmp_path, train, missing="mask")
    np.testing.assert_array_equal(np.isnan(splits.train.x[2]), [0, 1, 1, 0, 1, 1, 1, 0])
    np.testing.assert_array_equal(splits.spec.shift[1:7], 0)


def test_rows_as_a_table_has_them(tmp_path):
    columns = load(tmp_path).spec.columns
    x = np.array([[20.5, 0.2, 0.8, 0.6, 0.1, 0.7, 0.2, 3], [1e-3, np.nan, np.nan, 0.4, 1, 0, 0, np.nan]])
    assert cells(x, columns).tolist() == [["20.5", "m", "1", "Köln", "3"], ["0.001", "", "0", "Bern", ""]]
    assert from_json(json.loads(json.dumps(columns)), 8) == columns
    for wrong in ([["a", "colour", []]], [["a", "number", []]], [["a", "category", [1]]], ["a"]):
        with pytest.raises(ValueError, match="column"):
            from_json(wrong, 8)


def test_a_table_without_a_header_goes_by_numbers(tmp_path):
    body = TRAIN.partition("\n")[2]
    splits = load(tmp_path, body, "", categorical=("1", "3"), validation=0.2)
    assert splits.spec.columns[1] == Column("column1", "category", ("f", "m"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"categorical": ("colour",)}, "--categorical: no column 'colour'"),
        ({"categorical": ("sex",), "drop_columns": ("sex",)}, "--categorical: column sex is not read"),
        ({"kind": "series"}, "--categorical: rows of categories are vectors"),
        ({"scale": 100.0}, "--scale: columns of numbers are standardised"),
    ],
)
def test_options_that_do_not_fit_are_named(tmp_path, options, words):
    with pytest.raises(ConfigError, match=words):
        load(tmp_path, **options)


def test_names_and_dates_are_no_categories(tmp_path):
    rows = "".join(f"{i},name {i}\n" for i in range(60))
    with pytest.raises(DataError, match=r"column 'who': 60 different words .*--drop-columns who"):
        load(tmp_path, "n,who\n" + rows, "n,who\n1,name 1\n")

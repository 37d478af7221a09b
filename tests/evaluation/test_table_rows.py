"""Figures of rows of a table, worked by hand: which columns they show, in which words and units."""

import numpy as np

from aelab.data.columns import Column, entries
from aelab.data.source import Spec
from aelab.evaluation.table_rows import MOST, as_tables, columns_of

COLUMNS = (Column("age", "number"), Column("town", "category", ("Bern", "Köln")), Column("ill", "binary"))
SPEC = Spec(
    (4,), "float32", "real", (10.0, 1.0, 1.0, 1.0), (40.0, 0.0, 0.0, 0.0), names=entries(COLUMNS), columns=COLUMNS
)
ORIGINALS = np.float32([[1, 1, 0, 0], [-1, 0, 1, 1], [np.nan, 0, 1, 0]])
REBUILT = np.float32([[0.05, 0.4, 0.6, 0.2], [-0.9, 0.2, 0.8, 0.7], [0, 0.1, 0.9, 0.4]])


def test_events_become_texts_in_the_units_and_words_of_the_table():
    lines = np.stack([ORIGINALS, REBUILT])
    drawn = {
        "reconstructions": {"originals": ORIGINALS, "rebuilt": REBUILT},
        "interpolations": {"events": lines},
        "manifold": {"events": lines, "values": np.arange(3)},
        "codes": {"codes": np.zeros((3, 2))},
    }
    found = as_tables(drawn, SPEC)
    assert list(found) == ["rows", "interpolations", "manifold", "codes"]
    texts = [["50", "Bern", "0"], ["30", "Köln", "1"], ["", "Köln", "0"]]
    assert found["rows"]["originals"].tolist() == texts
    assert found["rows"]["rebuilt"].tolist() == [["40.5", "Köln", "0"], ["31", "Köln", "1"], ["40", "Köln", "0"]]
    assert found["rows"]["words"].tolist() == [False, True, True]
    assert found["interpolations"]["texts"][0].tolist() == texts
    np.testing.assert_array_equal(found["interpolations"]["events"], lines)
    np.testing.assert_array_equal(found["manifold"]["maps"][1], lines[..., 1])
    assert found["manifold"]["entries"].tolist() == ["age", "town=Bern", "town=Köln", "ill"]
    assert found["codes"] == drawn["codes"]


def test_of_many_columns_those_are_shown_that_differ_and_words_before_numbers():
    columns = (*(Column(f"n{i}", "number") for i in range(20)), Column("last", "binary"))
    spec = Spec((21,), "float32", "real", (1.0,) * 21, (0.0,) * 21, columns=columns)
    x = np.arange(42, dtype=np.float32).reshape(2, 21) % 2  # odd numbers of columns: every column differs
    x[:, :3] = 7
    found = as_tables({"reconstructions": {"originals": x, "rebuilt": x}}, spec)["rows"]
    assert found["columns"].tolist() == [*(f"n{i}" for i in range(3, 3 + MOST - 1)), "last"]
    assert found["total"] == 21


def test_what_is_no_table_stays_as_it_is_and_columns_without_names_have_numbers():
    image = Spec((2, 2, 1), "uint8", "unit", scale=255.0)
    drawn = {"reconstructions": {"originals": np.zeros((3, 2, 2, 1)), "rebuilt": np.zeros((3, 2, 2, 1))}}
    assert as_tables(drawn, image) == drawn
    assert [column.name for column in columns_of(Spec((3,), "float32", "real"))] == ["0", "1", "2"]


def test_a_zero_that_was_standardised_is_a_zero_again():
    spec = Spec((1,), "float32", "real", (4.9,), (5.3,))
    seen = (np.float32([[0], [3]]) - np.float32(5.3)) / np.float32(4.9)
    found = as_tables({"reconstructions": {"originals": seen, "rebuilt": seen}}, spec)["rows"]
    assert found["originals"].tolist() == [["0"], ["3"]]

"""Tables of results: as Markdown, kept whole, and on the page of results as they were kept."""

import json
from pathlib import Path

import pytest

from aelab.config import from_json
from aelab.errors import NonFiniteError, StorageError
from aelab.report import tables
from experiments import architectures

ROOT = Path(__file__).parents[2]
KEPT = sorted((ROOT / "results").glob("architectures-*.json"))


def test_numbers_stand_on_the_right_and_have_a_true_minus():
    text = tables.markdown(("net", "nats", "parameters"), [("mlp", -1.005, 12345), ("", None, None)])
    assert text.splitlines() == [
        "| net | nats | parameters |",
        "| --- | ---: | ---: |",
        "| mlp | −1.00 | 12,345 |",
        "|  |  |  |",
    ]


def test_a_table_is_kept_as_json_and_as_text_or_not_at_all(tmp_path):
    tables.keep(tmp_path / "made" / "here", {"rows": [1]}, "| a |")
    assert json.loads((tmp_path / "made" / "here" / "table.json").read_text()) == {"rows": [1]}
    assert (tmp_path / "made" / "here" / "table.md").read_text() == "| a |\n"
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        tables.keep(tmp_path / "file" / "folder", {}, "")


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_json_cannot_hold_is_named_and_nothing_is_kept(tmp_path, value):
    with pytest.raises(
        NonFiniteError, match=rf"^{tmp_path}/table.json: rows.1.psnr is {value}, which JSON cannot hold;"
    ):
        tables.keep(tmp_path, {"rows": [{"psnr": 1.0}, {"psnr": value}]}, "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", sorted((ROOT / "results").glob("*.json")), ids=lambda path: path.stem)
def test_results_are_strict_json(path):
    def refused(word):
        raise AssertionError(f"{path.name} holds {word}")

    json.loads(path.read_text(), parse_constant=refused)


def test_results_are_kept():
    assert {path.stem for path in KEPT} == {"architectures-images", "architectures-series"}


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_the_page_shows_the_tables_that_were_kept(path):
    table = json.loads(path.read_text())
    config = from_json(architectures.Config, table["config"])
    page = (ROOT / "docs" / "results.md").read_text()
    for name in config.data:
        rows = [row for row in table["rows"] if row["data"] == name]
        _, text = architectures.markdown(name, rows, table["pca_squared_error"][name], config).split("\n\n")
        assert text in page


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_nets_are_held_against_each_other_at_one_number_of_parameters_and_beat_pca_on_mnist(path):
    table = json.loads(path.read_text())
    for row in table["rows"]:
        assert abs(row["parameters"] - table["config"]["parameters"]) <= 0.1 * table["config"]["parameters"]
        if row["data"] == "tfds:mnist" and row["code"] == "AE":
            assert row["scores"]["test/squared_error"] < table["pca_squared_error"]["tfds:mnist"] < 13.2


def test_a_spread_is_the_mean_and_the_deviation_of_a_sample():
    assert tables.spread([1.0, 2.0, 3.0], 2) == "2.00 ± 1.00"
    assert tables.spread([0.12345], 3) == "0.123"
    assert tables.spread([], 1) == ""


def test_rows_are_grouped_wherever_they_stand():
    rows = [{"net": "b", "seed": 0}, {"net": "a", "seed": 0}, {"net": "b", "seed": 1}]
    groups = tables.grouped(rows, lambda row: row["net"])
    assert list(groups.items()) == [("b", [rows[0], rows[2]]), ("a", [rows[1]])]

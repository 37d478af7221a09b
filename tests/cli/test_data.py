"""`aelab data info` and `aelab data prepare`."""

import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from aelab import cli, data
from aelab.cli import data_picture


def test_info_says_what_a_set_is(capfd):
    assert cli.main(["data", "info", "digits"]) == 0
    said = capfd.readouterr().out
    for word in ("8 × 8 × 1", "uint8", "17 levels", "CC BY 4.0", "1,437", data.load("digits").test.fingerprint[:16]):
        assert word in said


def test_info_as_json_has_counts_and_moments_of_what_the_model_sees(capfd):
    assert cli.main(["data", "info", "digits", "--validation", "0", "--json"]) == 0
    about = json.loads(capfd.readouterr().out)
    train, test = about["splits"]["train"], about["splits"]["test"]
    counts = [train["classes"][name] + test["classes"][name] for name in "0123456789"]
    np.testing.assert_array_equal(counts, np.bincount(load_digits().target))
    x = data.load("digits", validation=0).train.x / 16
    np.testing.assert_allclose((train["mean"], train["std"]), ([x.mean()], [x.std()]))


def test_a_standardised_set_has_mean_0_and_deviation_1(tmp_path, capfd):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(9, 4, (100, 3)))
    assert cli.main(["data", "info", f"npy:{tmp_path / 'a.npy'}", "--json"]) == 0
    train = json.loads(capfd.readouterr().out)["splits"]["train"]
    np.testing.assert_allclose(train["mean"], 0, atol=1e-12)
    np.testing.assert_allclose(train["std"], 1)
    assert train["classes"] == {}


def test_a_picture_has_a_row_for_each_class(tmp_path, capfd):
    assert cli.main(["data", "info", "digits", "--picture", str(tmp_path / "a.png")]) == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 400
    train = data.load("digits").train
    events, rows = data_picture.chosen(train)
    assert events.shape == (10, 10, 8, 8, 1)
    assert rows == list("0123456789")
    for digit, row in enumerate(events):
        mine = {x.tobytes() for x in train.x[train.label == digit] / np.float32(16)}
        assert {x.tobytes() for x in row} <= mine


def test_rows_of_a_table_are_written_in_its_own_words_and_an_empty_cell_stays_empty(tmp_path):
    rows = [f"{i if i % 4 else ''},{'xy'[i % 2]},{['low', 'high'][i % 2]}" for i in range(40)]
    (tmp_path / "a.csv").write_text("n,w,label\n" + "\n".join(rows) + "\n")
    splits = data.load(f"csv:{tmp_path / 'a.csv'}", missing="mask", categorical=("w",))
    said = [text.get_text() for text in data_picture.figure(splits).texts]
    assert {"n", "w", "high", "low"} <= set(said)
    assert said.count("x") == said.count("y") == 3
    numbers = {text for text in said if text.isdigit()}
    assert numbers <= {str(i) for i in range(40) if i % 4}
    assert "" in said


def test_few_events_and_series_that_end_leave_gaps(tmp_path, capfd):
    text = "@data\n" + "".join(f"{','.join(['1', '2', '3'][: 1 + i % 3])}:{'ab'[i % 2]}\n" for i in range(9))
    (tmp_path / "a.ts").write_text(text)
    events, rows = data_picture.chosen(data.load(f"ts:{tmp_path / 'a.ts'}", validation=0).train)
    assert rows == ["a", "b"]
    assert np.isnan(events).any()
    assert cli.main(["data", "info", f"ts:{tmp_path / 'a.ts'}", "--picture", str(tmp_path / "a.png")]) == 0


def test_options_reach_the_reader(tmp_path, capfd):
    for i in range(4):
        Image.new("RGB", (9 + i, 7), (i, 0, 0)).save(tmp_path / f"{i}.png")
    arguments = ["data", "info", f"images:{tmp_path}", "--image-size", "6", "--colour", "grey", "--json"]
    assert cli.main(arguments) == 0
    assert json.loads(capfd.readouterr().out)["spec"]["shape"] == [6, 6, 1]


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["data"], 2, ["VERB"]),
        (["data", "inof", "digits"], 2, ["inof", "nearest: info"]),
        (["data", "info"], 2, ["NAME"]),
        (["data", "info", "digits", "--colour", "blue"], 2, ["--colour blue", "auto, grey, rgb"]),
        (["data", "info", "digits", "--image-size", "8"], 2, ["--image-size", "digits"]),
        (["data", "info", "digits", "--image-size", "x"], 2, ["--image-size", "x"]),
        (["data", "info", "digits", "--validation", "2"], 2, ["--validation"]),
        (["data", "info", "digits", "--picture", "a.jpg"], 2, ["--picture", ".png"]),
        (["data", "info", "digits", "--picture", "/nowhere/a.png"], 8, ["/nowhere"]),
        (["data", "info", "digist"], 3, ["digist", "nearest: digits"]),
        (["data", "info", "npy:nowhere.npy"], 3, ["nowhere.npy"]),
        (["data", "prepare", "cifar10"], 3, ["aelab[tfds-prepare]"]),
        (["data", "prepare", "mnist", "--manual-dir", "/nowhere"], 3, ["/nowhere", "--download"]),
    ],
)
def test_mistakes_are_one_line(argv, code, words, capfd, monkeypatch, tmp_path, no_network):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert cli.main(argv) == code
    error = capfd.readouterr().err.strip()
    assert error.startswith("error: ")
    assert "\n" not in error
    for word in words:
        assert word in error

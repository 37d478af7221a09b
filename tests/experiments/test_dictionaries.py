"""The table of sparse dictionaries: where its word vectors come from, and which run a cell shows."""

import json
import struct
import zipfile

import numpy as np
import pytest

from aelab.data.row_names import named
from aelab.errors import ConfigError, DataError
from experiments import dictionaries
from experiments.common import word_vectors


def wheel(path, x, vocabulary):
    """A wheel like `wordllama`, its weights in the form of safetensors."""
    header = {"embedding.weight": {"dtype": "F16", "shape": x.shape, "data_offsets": [0, x.nbytes]}}
    said = json.dumps(header).encode()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(word_vectors.WEIGHTS, struct.pack("<Q", len(said)) + said + x.tobytes())
        file.writestr(word_vectors.VOCABULARY, json.dumps({"model": {"vocab": vocabulary}}))
    return path


def test_word_vectors_come_out_of_a_wheel_with_their_words(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("<f2")
    data = word_vectors.unpack(wheel(tmp_path / "w.whl", x, {"b": 1, "\u2581a": 0, "\n": 3, "c": 2}), tmp_path / "out")
    assert data == f"npy:{tmp_path / 'out' / 'words.npy'}"
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "words.npy"), x.astype("f4"))
    assert named(data, np.arange(4)) == ["_a", "b", "c", "\\n"]


def test_another_file_is_one_line(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as file:
        file.writestr("other/__init__.py", "")
    with pytest.raises(DataError, match=r"other\.whl: holds no wordllama/weights.*give the wheel"):
        word_vectors.unpack(tmp_path / "other.whl", tmp_path / "out")
    with pytest.raises(ConfigError, match="--wheel: give the path"):
        dictionaries.named(dictionaries.Config())


class Finished:
    """A run with these units on, on validation and test data."""

    def __init__(self, validation, test):
        self.scores = {"validation/l0": validation, "test/l0": test, "test/unexplained": 0.5, "test/dead_share": 0.1}

    def read(self, name):
        return {"scores": self.scores, "run": "a", "step": 2}


def test_a_cell_shows_the_run_that_was_told_so_or_the_nearest_on_validation_data():
    task = dictionaries.Config(on=(8, 16), seeds=(0, 1))
    paying = dictionaries.recipes(task, "l1")
    assert len(paying) == 2 * len(dictionaries.GRIDS["l1"])
    nearest = dictionaries.GRIDS["l1"][1]
    runs = [(config, Finished(32 * nearest / config.sparsity_weight, 99.0)) for config in paying]
    runs[0] = (runs[0][0], Finished(40.0, 16.0))  # right on test data alone
    found = dictionaries.row("l1", 32, *dictionaries.chosen("l1", 32, 0, runs))
    assert (found["weight"], found["l0"]) == (nearest, 99.0)
    told = [(config, Finished(config.k, config.k)) for config in dictionaries.recipes(task, "topk")]
    assert dictionaries.row("topk", 16, *dictionaries.chosen("topk", 16, 1, told))["l0"] == 16


def test_features_of_several_seeds_are_matched(monkeypatch):
    """A second run has all three directions in another order, a third run has two of them turned by 53 degrees."""
    basis = np.eye(3)
    turned = np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])  # the last alone is as it was
    runs = {"a": basis, "b": basis[[2, 0, 1]], "c": turned}
    monkeypatch.setattr("aelab.compare.features.directions", runs.get)
    assert dictionaries.shared(["a", "b"]) == {"in_all": 3, "mean_cosine": 1.0}
    found = dictionaries.shared(["a", "b", "c"])
    assert found["in_all"] == 1
    assert found["mean_cosine"] == pytest.approx((1 + 2 * (0.6 + 0.6 + 1) / 3) / 3)
    assert dictionaries.shared(["a"]) == {}

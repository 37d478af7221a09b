"""What the table of class-conditional samples counts, and what was measured."""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, recall_score

from experiments import conditional

STORED = Path(__file__).parents[2] / "results" / "task-conditional.json"


def test_recognised_is_the_accuracy_and_the_recall_of_each_class():
    rng = np.random.default_rng(0)
    asked, told = np.arange(60) % 3, rng.integers(0, 3, 60)
    found = conditional.recognised(asked, told, ("a", "b", "c"))
    np.testing.assert_allclose(found["recognised"], 100 * accuracy_score(asked, told))
    np.testing.assert_allclose([*found["by_class"].values()], 100 * recall_score(asked, told, average=None))


def test_the_table_names_the_class_that_is_recognised_least():
    rows = [
        {"recognised": 90.0, "by_class": {"a": 100.0, "b": 80.0}},
        {"recognised": 80.0, "by_class": {"a": 60.0, "b": 100.0}},
    ]
    real = [{"recognised": 99.0, "by_class": {"a": 99.5, "b": 98.5}}]
    lines = conditional.table(conditional.Config(), rows, real).splitlines()
    assert lines[2] == "| samples | 85.0 ± 7.1 % | 80.0 % | a |"
    assert lines[3] == "| test images | 99.0 % | 98.5 % | b |"


def test_at_least_95_of_100_samples_of_mnist_were_of_the_class_asked_for():
    (stored,) = json.loads(STORED.read_text())["tables"]
    assert stored["config"]["samples"] == 1000
    assert stored["config"]["data"] == "tfds:mnist"
    assert len(stored["rows"]) == 3
    assert min(row["recognised"] for row in stored["rows"]) >= 95

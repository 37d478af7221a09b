"""Test events open once everything has been chosen, and nothing is chosen behind that."""

import ast
from pathlib import Path

import pytest

from aelab import data
from experiments.common.sealed import Sealed

SCRIPTS = Path(__file__).parents[2] / "experiments"
SEALED = ("classify", "denoise", "detect", "occlusion", "one_class")  # scripts whose test events are sealed


def test_nothing_is_tuned_once_the_test_events_are_open():
    sealed = Sealed(data.load("digits"))
    assert sealed.tune(lambda x: x, {"x": [1, 2]}).setting == {"x": 2}
    assert len(sealed.open()) == 180
    with pytest.raises(RuntimeError, match="are open"):
        sealed.tune(lambda x: x, {"x": [1, 2]})


@pytest.mark.parametrize("script", SEALED)
def test_a_task_opens_its_test_events_in_one_place(script):
    tree = ast.parse((SCRIPTS / f"{script}.py").read_text())
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    opened = [node for node in attributes if node.attr == "open" and getattr(node.value, "id", "") == "sealed"]
    assert len(opened) == 1
    assert not [node for node in attributes if node.attr == "test" and getattr(node.value, "id", "") == "splits"]

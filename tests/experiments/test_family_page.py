"""The page of the family is what was measured: its tables, their claims, and the commands that made them."""

import json
import re
import runpy
import shlex
from pathlib import Path

import pytest

from aelab.config import flags, from_json, stored
from experiments import family

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "family.md").read_text()
MAKER = runpy.run_path(str(ROOT / "docs" / "make_family.py"))
KEPT = {name: json.loads((ROOT / "results" / f"{name}.json").read_text()) for name in MAKER["KEPT"]}
STORED = KEPT["family"]
CONFIG = from_json(family.Config, STORED["config"])
REAL = STORED["baselines"][0]


def test_a_table_and_its_claims_are_what_was_measured():
    page = PAGE
    for name, table in KEPT.items():
        page = MAKER["placed"](page, MAKER["KEPT"][name], table)
    assert page == PAGE


@pytest.mark.parametrize("name", KEPT)
def test_a_command_makes_each_table_that_is_shown(name):
    commands = re.findall(r"^aelab task family(.*)$", PAGE, re.MULTILINE)
    made = [family.whole(flags.parse(family.Config, shlex.split(command), prog="family")) for command in commands]
    assert KEPT[name]["config"] in [stored(config) for config in made]


def test_what_the_page_says_of_the_budget_is_the_config():
    words, task = " ".join(PAGE.split()), CONFIG
    assert f"784-{task.widths[0]}-{task.widths[1]} units, a code of {task.latent_dim} numbers" in words
    assert f"train for {task.epochs} epochs, that is {STORED['rows'][0]['step']:,} steps of {task.batch_size}" in words
    assert f"first {task.images} test images" in words
    assert f"**−L_{task.importance_samples}**" in words
    assert f"{task.samples:,} samples" in words
    assert f"codes of {task.probed:,} training images" in words
    assert f"at {task.draws:,} draws" in words

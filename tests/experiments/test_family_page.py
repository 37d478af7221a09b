"""The page of the family is what was measured: its table, its claims, and the command that made them."""

import json
import re
from pathlib import Path

from aelab.config import flags, from_json
from experiments import family

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "family.md").read_text()
STORED = json.loads((ROOT / "results" / "family.json").read_text())
CONFIG = from_json(family.Config, STORED["config"])
REAL = STORED["baselines"][0]


def test_the_table_and_the_claims_are_what_was_measured():
    table = family.table(CONFIG, STORED["rows"], [REAL])
    assert family.head(CONFIG, REAL) in PAGE
    assert table in PAGE
    assert [line for line in PAGE.splitlines() if line.startswith("|")] == table.splitlines()
    claims = family.claims(STORED["rows"], REAL["leads"])
    assert "\n".join(claims) in PAGE


def test_the_command_makes_the_table_that_is_shown():
    (command,) = re.findall(r"^python -m experiments\.family(.*)$", PAGE, re.MULTILINE)
    assert flags.parse(family.Config, command.split(), prog="family") == CONFIG


def test_what_the_page_says_of_the_budget_is_the_config():
    words, task = " ".join(PAGE.split()), CONFIG
    assert f"784-{task.widths[0]}-{task.widths[1]} units, a code of {task.latent_dim} numbers" in words
    assert f"train for {task.epochs} epochs, that is {STORED['rows'][0]['step']:,} steps of {task.batch_size}" in words
    assert f"first {task.images} test images" in words
    assert f"**−L_{task.importance_samples}**" in words
    assert f"{task.samples:,} samples" in words
    assert f"codes of {task.probed:,} training images" in words
    assert f"at {task.draws:,} draws" in words

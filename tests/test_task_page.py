"""Every table of docs/tasks.md, and every figure of it in the README, is that of results/task-*.json."""

import importlib
import json
import re
from pathlib import Path

import pytest

from aelab.config import from_json

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tasks.md").read_text()
STORED = {path.stem.removeprefix("task-"): json.loads(path.read_text()) for path in (ROOT / "results").glob("task-*")}
TABLES = [(task, i) for task in STORED for i in range(len(STORED[task]["tables"]))]


def table(stored: dict) -> str:
    """As the script that made it draws it."""
    script = importlib.import_module(stored["experiment"])
    return script.table(from_json(script.Config, stored["config"]), stored["rows"], stored.get("baselines", []))


@pytest.mark.parametrize(("task", "number"), TABLES)
def test_the_tables_are_what_was_measured(task, number):
    assert table(STORED[task]["tables"][number]) in PAGE


def test_no_table_of_the_page_comes_from_elsewhere():
    page = PAGE[PAGE.index("\n## ") :]  # the menu is no result
    known = {line for task, number in TABLES for line in table(STORED[task]["tables"][number]).splitlines()}
    assert [line for line in page.splitlines() if line.startswith("|") and line not in known] == []


def test_every_command_of_the_page_is_that_of_a_table():
    """It stands before its table and names the set, the seeds and the epochs that the table was made with."""
    from aelab import flags

    commands = re.findall(r"^    (python -m experiments\.\w+(?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
    said = []
    for command in commands:
        _, _, name, *argv = command.replace("\\\n", " ").split()
        script = importlib.import_module(name)
        said.append((name, flags.parse(script.Config, argv, prog=name)))
    for task, number in TABLES:
        stored = STORED[task]["tables"][number]
        made = from_json(importlib.import_module(stored["experiment"]).Config, stored["config"])
        names = ("data", "seeds", "epochs", "net")
        assert any(
            name == stored["experiment"] and all(getattr(own, n) == getattr(made, n) for n in names)
            for name, own in said
        ), f"no command for {task} on {made.data}"

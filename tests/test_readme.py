"""What the documents say is so: their code runs, their commands parse, their links lead somewhere."""

import importlib
import re
import shlex
from pathlib import Path

import matplotlib
import pytest

from aelab import cli
from aelab.cli.main import RUNS
from aelab.config import files, flags
from aelab.runner import launch
from experiments import vae

ROOT = Path(__file__).parents[1]
SITE = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *SITE]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """Every command line of the pages, comments left out."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *SITE]
    lines = "".join(block for page in pages for block in blocks(page, "sh")).splitlines()
    inline = [
        line
        for page in pages
        for line in re.findall(r"`((?:python -m|make|aelab train|aelab task) [^`]+)`", page.read_text())
    ]
    return [words for line in (*lines, *inline) if (words := shlex.split(line, comments=True))]


@pytest.mark.ci
def test_the_code_runs(tmp_path, monkeypatch):
    """In order and in one namespace, as a notebook does, beside the run of a tiny model."""
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    assert launch.main(vae.Config, vae.build, ["--smoke", "--importance-samples", "1"]) == 0
    notebook = {"__name__": "notebook"}
    for code in blocks(ROOT / "docs/notebook.md", "python"):
        exec(compile(code, "notebook.md", "exec"), notebook)
    assert notebook["made"].shape == notebook["x"].shape == notebook["again"].shape
    assert notebook["codes"].shape == (8, 2)
    assert notebook["own"].run == tmp_path / "runs" / "own"
    assert 0 < float(notebook["nats"]) < 64
    notebook["plt"].close("all")


def test_the_commands_parse():
    scripts = [words for words in commands() if words[:2] == ["python", "-m"]]
    assert len(scripts) > 4
    for _, _, name, *argv in scripts:
        script = importlib.import_module(name)
        if hasattr(script, "Config"):
            flags.parse(script.Config, argv, prog=name)
        else:  # a measurement without settings
            assert callable(script.main)
            assert argv == []


def test_the_commands_that_start_scripts_parse():
    started = [words[1:] for words in commands() if words[:2] in (["aelab", "train"], ["aelab", "task"])]
    assert len(started) > 4
    for verb, name, *argv in started:
        if not name.endswith(".py") and "--help" not in (name, *argv):
            assert name in RUNS[verb].names()
            _, given = files.split(argv[: argv.index(">")] if ">" in argv else argv)
            flags.parse(importlib.import_module(f"experiments.{name}").Config, given, prog=name)


def test_the_targets_and_verbs_exist(capfd):
    makefile = (ROOT / "Makefile").read_text()
    variables = re.findall(r"^(\w+) +\?=|\$\(if \$\((\w+)\)", makefile, re.MULTILINE)
    variables, targets = {a or b for a, b in variables}, re.findall(r"^([\w-]+):", makefile, re.MULTILINE)
    for words in commands():
        if words[0] == "make":
            assert words[1] in targets
            assert {word.split("=")[0] for word in words[2:] if word[:1] != "-"} <= variables
        elif words[0] == "aelab":
            with pytest.raises(SystemExit) as end:
                cli.main([*words[1 : 3 if words[1] == "data" else 2], "--help"])
            assert end.value.code == 0
    assert capfd.readouterr().out


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_the_map_is_what_the_imports_say(monkeypatch):
    """If this fails, `python docs/make_map.py` draws it again; look at it."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    assert importlib.import_module("make_map").svg() == (ROOT / "docs" / "map.svg").read_text()


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = (line.lower().strip("# ") for line in page.read_text().splitlines() if line[:1] == "#")
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_lead_somewhere(page):
    prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        path, _, anchor = target.partition("#")
        if not path.startswith("https:"):
            there = page.parent / path if path else page
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), target

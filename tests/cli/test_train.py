"""`aelab train NAME` and `aelab task NAME` are the scripts of those names."""

import subprocess
import sys

import pytest

from aelab import cli
from aelab.cli import pages
from aelab.cli.main import RUNS
from aelab.runner import launch
from aelab.runs import provenance
from aelab.sweeps.scripts import find_module


def helped(*words, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([*words, "--help"])
    assert stop.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("verb", ["train", "task"])
def test_the_names_are_those_of_the_scripts_that_python_starts(verb):
    function = {"train": "main(Config, build)", "task": "command(Config, run)"}[verb]
    for name, text in RUNS[verb].names().items():
        script = find_module(name)
        assert text == script.__doc__.partition("\n")[0]
        with open(script.__file__) as file:
            assert f"raise SystemExit(launch.{function})" in file.read()


def test_every_script_has_one_verb():
    train, task = (set(RUNS[verb].names()) for verb in ("train", "task"))
    assert not train & task
    assert {"vae", "vq", "sparse"} <= train
    assert {"denoise", "occlusion", "quadrants", "detect", "classify", "reduce", "generate", "conditional"} <= task


def test_help_of_a_script_is_that_of_the_verb(capsys):
    assert "usage: aelab train vae " in helped("train", "vae", capsys=capsys)
    assert "usage: aelab task reduce " in helped("task", "reduce", capsys=capsys)
    page = helped("task", capsys=capsys)
    assert "usage: aelab task SCRIPT [--FLAG VALUE ...]" in page
    assert "  quadrants " in page


def test_the_rest_of_the_line_is_that_of_the_script(monkeypatch):
    given = []
    monkeypatch.setattr(launch, "main", lambda kind, build, argv, *, prog: given.append((kind, argv, prog)) or 0)
    monkeypatch.setattr(launch, "command", lambda kind, do, argv, script, *, prog: given.append((kind, argv, prog)))
    assert cli.main(["train", "vae", "--data", "digits", "--help-me"]) == 0
    assert cli.main(["task", "reduce", "--codes", "2"]) == 0
    kinds = [find_module(name).Config for name in ("vae", "reduce")]
    lines = [("--data", "digits", "--help-me"), ("--codes", "2")]
    assert given == list(zip(kinds, lines, ["aelab train vae", "aelab task reduce"], strict=True))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["train"], ["required: SCRIPT; see aelab train --help"]),
        (["task", "--seeds"], ["required: SCRIPT; see aelab task --help"]),
        (["train", "vaee"], ["vaee: no such script", "nearest: vae"]),
        (["task", "denoize"], ["denoize: no such script", "nearest: denoise"]),
        (["train", "denoise"], ["aelab task denoise"]),
        (["task", "vae"], ["aelab train vae"]),
        (["task", "reduce", "--code", "2"], ["--code", "nearest: --codes"]),
        (["launch", "vae"], ["launch: vae", "behind it"]),
    ],
)
def test_mistakes_are_one_line(argv, words, capfd):
    assert cli.main(argv) == 2
    error = capfd.readouterr().err.strip()
    assert "\n" not in error
    for word in words:
        assert word in error


def test_version_is_that_of_the_package(capsys):
    import aelab

    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"aelab {aelab.__version__}\n"


def test_a_run_records_the_command_as_a_person_types_it(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/some/where/bin/aelab", "train", "vae", "--data", "csv:my file.csv"])
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    assert provenance.command() == "aelab train vae --data 'csv:my file.csv'"


def test_the_list_of_scripts_imports_none_of_them():
    code = (
        "import sys; from aelab.runs import script_list as s; s.described(s.ONE_RUN);"
        "sys.exit(any('experiments.' in m for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_page_is_no_wider_than_it_says(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    text = pages.page("x VERB ...", "One thing. " * 20, {"Group": {"word": "many words " * 20, "other": ""}})
    assert max(map(len, text.splitlines())) <= 60
    assert "\nGroup:\n  word   many words" in text
    assert text.endswith("\n  other  ") or text.endswith("\n  other")

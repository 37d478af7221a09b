"""Every error line of the commands: one line, an exit code, a remedy, and as the page has it."""

import re

import data_errors
import pytest
from command_case import Command, labelled, provoked
from command_errors import SECTIONS
from error_page import COLUMNS, PAGE, row

from aelab import cli

ON_THE_PAGE = PAGE.read_text(encoding="utf-8").splitlines()
CASES = [case for cases in SECTIONS.values() for case in cases]
REMEDY = re.compile(r"; |: add |must be|needs|required|wanted|give|no such flag")
PLACE = re.compile(r"--[a-z]|/|\b[A-Z]{3}\b|points")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return labelled(tmp_path_factory.mktemp("own") / "labelled")


@pytest.mark.long
def test_a_run_without_validation_holds_untouched(own, monkeypatch):
    monkeypatch.chdir(own)
    (run,) = (own / "autoencoder").iterdir()
    assert cli.main(["verify", str(run)]) == 0


def hold(case: Command, folder, finished, own) -> None:
    code, line = provoked(case, folder, finished, own)
    assert code in (2, 3, 4, 5, 7, 8)
    assert REMEDY.search(line), line
    given = re.split(r"[\s=,()']+", case.words)
    assert PLACE.search(line) or any(word in line for word in given if word), line
    assert row(case.what, code, line) in ON_THE_PAGE


@pytest.mark.parametrize("case", [case for case in CASES if not case.slow], ids=lambda case: case.what)
def test_the_line_is_the_one_of_the_page(case, tmp_path, finished):
    hold(case, tmp_path, finished, None)


@pytest.mark.long
@pytest.mark.parametrize("case", [case for case in CASES if case.slow], ids=lambda case: case.what)
def test_the_line_behind_some_training_is_the_one_of_the_page(case, tmp_path, finished, own):
    hold(case, tmp_path, finished, own)


def test_the_page_has_these_lines_and_no_others():
    rows = [line for line in ON_THE_PAGE if line.startswith("| ") and line not in COLUMNS.splitlines()]
    assert len(rows) == len(CASES) + len(data_errors.CASES)

"""Every error line of the data rooms: one line, with the file or the flag, an exit code, and as the page has it."""

import pytest
from data_errors import CASES, provoked
from error_page import PAGE, row

ON_THE_PAGE = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_the_line_is_the_one_of_the_page(tmp_path, case):
    code, line = provoked(case, tmp_path)
    assert "\n" not in line
    assert "Error" not in line.split(":")[0]  # a name of Python's says nothing to a user
    assert line.startswith(("--", "…", case.data.format("…")))
    assert code == (2 if line.startswith("--") and "unknown set" not in line and "names no" not in line else code)
    assert row(case.what, code, line) in ON_THE_PAGE.splitlines()

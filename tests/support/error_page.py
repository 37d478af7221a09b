"""The page of all error lines, made by provoking each.

python tests/support/error_page.py    # writes docs/errors.md
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import data_errors
from command_case import labelled, provoked
from command_errors import SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
HEAD = """# Error lines

After this page you know what to do about any line that a command ends in. Such a line goes to stderr and begins with
`error:`. It names the flag or the file, with line, column or place where there is one, and says what helps. The
[exit code](command-line.md#exit-codes) says of what kind it is.

Each table is made by provoking its lines: `python tests/support/error_page.py` writes this page, and a test holds it.
`…` stands for your folder, and `run` is a run in it.
"""
COLUMNS = "| what is wrong | code | what is said |\n| --- | ---: | --- |"


def row(what: str, code: int, line: str) -> str:
    """A row of a table."""
    return f"| {what} | {code} | `{line.replace('|', chr(92) + '|').replace('`', chr(39))}` |"


def section(title: str, about: str, rows: list[str]) -> str:
    return "\n".join([f"## {title}\n", about, "", COLUMNS, *rows, ""])


def sections(finished: Path, own: Path) -> dict[str, list[str]]:
    """The rows of each section, with that of data behind flags."""
    made = {}
    for title, cases in SECTIONS.items():
        made[title] = [_in_a_folder(case.what, provoked, case, finished, own) for case in cases]
        if title == "Flags and settings":
            made["Data"] = [_in_a_folder(case.what, data_errors.provoked, case) for case in data_errors.CASES]
    return made


def _in_a_folder(what: str, provoke: Callable, case: object, *runs: Path) -> str:
    folder = Path(tempfile.mkdtemp())
    code, line = provoke(case, folder, *runs)
    shutil.rmtree(folder)
    return row(what, code, line)


ABOUT = {
    "Flags and settings": "What a command line asks for cannot be done. `aelab VERB --help` lists the flags.",
    "Data": "Files of `--data`, and of `--input` in rows that begin with apply. [Data](data.md) says what can be read.",
    "Runs and checkpoints": "A run folder is damaged, of another version, in use, or cannot be written.",
    "`aelab apply`": "A run is not fit for a task, or for your events. More about events stands above.",
    "Sweeps": "The points of a [sweep](sweeps.md).",
    "`aelab compare`": "Runs that cannot be ranked.",
    "Tables": "A script of a [table](tasks.md), as `experiments.denoise`, cannot make it as asked, or of this set.",
}


def main() -> None:
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"  # as in the tests; one line counts devices
    import tiny_run

    folder = Path(tempfile.mkdtemp())
    with contextlib.redirect_stdout(sys.stderr):
        found = sections(tiny_run.train(folder / "one"), labelled(folder / "other"))
    PAGE.write_text("\n".join([HEAD, *(section(title, ABOUT[title], rows) for title, rows in found.items())]))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()

"""A sweep as rules for `make`: one file target a point, and the table behind them."""

import shlex

from aelab.runs import scripts
from aelab.sweeps.record import Record


def rules(record: Record) -> str:
    """A makefile whose first target is the table; a point's command is that of a single launch.

    A point that fails leaves the others alone: the table takes it up again, and says why it cannot run.
    """
    points = record.plan.points
    markers = {point.name: _quoted(str(record.marker(point))) for point in points}
    script, folder = record.plan.script, record.folder.path
    word = scripts.short(script.name) or script.start[-1]
    table = ["python", "-m", f"{scripts.package()}.sweep", word, record.spec, "--name", folder.name]
    table += ["--runs-dir", str(record.runs_dir), "--yes"]
    lines = [f".PHONY: table\ntable: {' '.join(markers.values())}\n\t{_command(table)}"]
    for point in points:
        command = _command(["python", *point.command])
        lines.append(f"{markers[point.name]}:\n\t-@mkdir -p {_quoted(str(folder))}\n\t-{command} && touch '$@'")
    return "\n".join(lines)


def _command(words: list[str]) -> str:
    """A command line for a recipe: `$(PY)` for python, dollars doubled."""
    return "$(PY) " + shlex.join(words[1:]).replace("$", "$$")


def _quoted(path: str) -> str:
    """A path as a target."""
    return path.replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#").replace(":", "\\:")

"""The report of a sweep: its leaderboard, its figures, what failed, and the way to each run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aelab.report.markup import section, table, text
from aelab.report.page import render
from aelab.report.sections import figure
from aelab.runs.atomic import write_atomically

ORDER = ("fields", "heat", "tradeoff", "parallel", "comparison")


def write_sweep(folder: Path, sweep: dict[str, Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """Write `report.html` beside a sweep's figures; a row ends with the folders of its runs, relative to `folder`.

    Raises:
        StorageError: it cannot be written.
    """
    parts = [_header(folder, sweep), _trouble(sweep), _leaderboard(columns, rows), _figures(folder), _runs(rows)]
    path = folder / "report.html"
    write_atomically(path, render(folder.resolve().name, "\n".join(filter(None, parts))).encode(errors="replace"))
    return path


def _header(folder: Path, sweep: dict[str, Any]) -> str:
    states = [point["state"] for point in sweep.get("points", [])]
    counts = " · ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return (
        f'<header><p class="over">{text(sweep.get("script", "aelab"))}</p><h1>{text(folder.resolve().name)}</h1>'
        f'<p class="facts">{text(counts)}</p><p class="facts"><code>{text(sweep.get("spec", ""))}</code></p></header>'
    )


def _trouble(sweep: dict[str, Any]) -> str:
    lost = [point for point in sweep.get("points", []) if point["state"] == "failed"]
    items = "".join(f"<li>{text(point['name'])}: {text(point['reason'])}</li>" for point in lost)
    return section("Trouble", items and f"<ul>{items}</ul>", kind="trouble")


def _leaderboard(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    note = (
        "± is the standard deviation over seeds; the interval is Student's t. Behind: differences to the best setting"
    )
    body = table(columns, [row[:-1] for row in rows], range(len(columns)))
    return section("Leaderboard", body + f'<p class="quiet">{text(note)}, seed by seed.</p>')


def _figures(folder: Path) -> str:
    pictures = {name: folder / "figures" / f"{name}.png" for name in ORDER}
    body = "".join(figure(name, path.read_bytes()) for name, path in pictures.items() if path.exists())
    return section("Figures", body and f'<div class="figures">{body}</div>')


def _runs(rows: Sequence[Sequence[Any]]) -> str:
    """Links to the reports of the runs."""
    paths = [path for row in rows for path in row[-1]]
    items = "".join(f'<li><a href="{text(path)}/report.html">{text(path)}</a></li>' for path in paths)
    return section("Runs", f"<ul>{items}</ul>")

"""The report of a sweep: its leaderboard, its figures, what failed, and the way to each run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aelab.report import dots
from aelab.report.markup import section, table, text
from aelab.report.page import render
from aelab.report.sections import figure
from aelab.report.words import CAPTIONS
from aelab.runs.atomic import write_atomically

ORDER = ("fields", "heat", "parallel", "comparison")


class Board(NamedTuple):
    """A leaderboard of a page."""

    title: str  # what it is of; "" where it is the only one
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]  # each ends with the folders of its runs, relative to the page
    figures: Path  # folder
    note: str = ""  # what its scores are not
    tradeoff: Mapping[str, Any] | None = None  # the arrays of that figure, which is drawn to be pointed at


def write_sweep(folder: Path, sweep: dict[str, Any], boards: Sequence[Board], left_out: Sequence[str] = ()) -> Path:
    """Write `report.html` of leaderboards in a folder; `left_out` says of other runs why they are in none.

    Raises:
        StorageError: it cannot be written.
    """
    parts = [_header(folder, sweep), _trouble(sweep)]
    parts += [part for board in boards for part in (_leaderboard(board), _tradeoff(board), _figures(board))]
    parts += [_left_out(left_out), _runs([row for board in boards for row in board.rows])]
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


def _leaderboard(board: Board) -> str:
    note = (
        "± is the standard deviation over seeds; the interval is Student's t. Behind: differences to the best setting"
    )
    rows = [[str(cell).replace(" …", "\u00a0…") for cell in row[:-1]] for row in board.rows]  # breaks behind the dots
    body = table(board.columns, rows, range(len(board.columns)))
    said = f'<p class="quiet">{text(note)}, seed by seed.</p>'
    if board.note:
        said += f'<p class="quiet">{text(board.note[0].upper() + board.note[1:])}.</p>'
    return section(f"Leaderboard{board.title and f' of {board.title}'}", body + said, kind="leaderboard")


def _figures(board: Board) -> str:
    pictures = {name: board.figures / f"{name}.png" for name in ORDER}
    body = "".join(figure(name, path.read_bytes()) for name, path in pictures.items() if path.exists())
    return section("Figures", body and f'<div class="figures">{body}</div>')


def _tradeoff(board: Board) -> str:
    """Rate and distortion of the settings, to be pointed at; a dot leads to the report of its first run."""
    if not board.tradeoff:
        return ""
    drawn = dots.tradeoff(board.tradeoff, [row[-1][0] for row in board.rows])
    said = f"{CAPTIONS['tradeoff']} Point at a dot for its setting; a click opens its first run."
    return section("Rate and distortion", f'<div class="plots one">{drawn}</div><p class="quiet">{text(said)}</p>')


def _left_out(lines: Sequence[str]) -> str:
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return section("Not ranked", items and f"<ul>{items}</ul>")


def _runs(rows: Sequence[Sequence[Any]]) -> str:
    """Links to the reports of the runs, by the names of their folders."""
    paths = [path for row in rows for path in row[-1]]
    items = "".join(f'<li><a href="{text(path)}/report.html">{text(_name(path))}</a></li>' for path in paths)
    return section("Runs", f'<ul class="runs">{items}</ul>')


def _name(path: str) -> str:
    """A run by its script and its folder, without the way there."""
    return "/".join([part for part in path.split("/") if part != ".."][-2:])

"""`aelab compare`: the leaderboards of runs or of a sweep, written, and with figures."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aelab.compare import leaderboard, written
from aelab.compare.ground import groups
from aelab.compare.leaderboard import Entry, Member, find_score
from aelab.compare.written import Ranked, columns, rows
from aelab.errors import ConfigError
from aelab.runs import below
from aelab.runs.atomic import storing
from aelab.runs.folder import Run


class Comparison(NamedTuple):
    """Leaderboards, the largest first, and why other runs are in none of them."""

    boards: list[Ranked]
    left_out: list[str]


FORMS = {"text": written.as_text, "markdown": written.as_markdown, "csv": written.as_csv, "json": written.as_json}


def compare(paths: Sequence[Path], score: str = "", *, form: str = "text", output: Path | None = None) -> None:
    """Rank runs, the runs below a folder, or those of a sweep: mean, sd and 95 % interval over seeds, and the
    differences between pairs of runs of one seed, in one of `FORMS`. Runs whose scores are not of the same thing get
    tables of their own.
    A sweep also gets figures and report.html; other runs do with --output FOLDER.

    Raises:
        ConfigError: a path without finished runs, or a score that is not there.
    """
    found = ranked(paths, score)
    sweep = paths[0] if len(paths) == 1 and (paths[0] / "sweep.json").exists() else None
    print(FORMS[form](found.boards))
    if found.left_out:
        aside = sys.stderr if form in ("json", "csv") else sys.stdout
        print("\n".join(["", "Not ranked:", *(f"- {line}" for line in found.left_out)]), file=aside)
    if folder := output or sweep:
        with storing(folder, "--output"):
            folder.mkdir(parents=True, exist_ok=True)
        page(found, folder, Run(sweep).read("sweep.json") if sweep else {})


def redraw(sweep: Path) -> Path:
    """Figures and report.html of a sweep again; gives where the page is.

    Raises:
        ConfigError: no run of it is finished.
    """
    return page(ranked([sweep]), sweep, Run(sweep).read("sweep.json"))


def ranked(paths: Sequence[Path], score: str = "") -> Comparison:
    """The leaderboards of runs, of the runs below folders, and of sweeps.

    Raises:
        ConfigError: no run of them is finished, or a score that is not there.
    """
    members, left_out = [], []
    for folder in dict.fromkeys(folder for path in paths for folder in _folders(path)):
        state = Run(folder).read("status.json")
        if Run(folder).finished:
            members.append(leaderboard.read(folder))
        else:
            where = f"{state.get('state') or 'new'}, step {state.get('step', 0)}"
            left_out.append(f"{folder}: not finished ({where}); its command goes on with it")
    if not members:
        raise ConfigError(f"{paths[0]}: no run of it is finished; give the command of one again")
    wanted = leaderboard.pick_score(members, score) if score else ""
    left_out += [f"{member.path}: has no {wanted}" for member in members if wanted and wanted not in member.scores]
    members = [member for member in members if not wanted or wanted in member.scores]
    relative = not wanted or find_score(wanted, members).relative
    return Comparison([_rank(own, wanted) for own in _grouped(members, by_likelihood=relative)], left_out)


def _grouped(members: Sequence[Member], *, by_likelihood: bool) -> list[list[Member]]:
    found = groups([member.ground for member in members], by_likelihood=by_likelihood)
    return [[members[i] for i in own] for own in found]


def _rank(members: Sequence[Member], wanted: str) -> Ranked:
    score = wanted or leaderboard.pick_score(members)
    return Ranked(leaderboard.rank(members, score), score)


def page(found: Comparison, folder: Path, table: dict[str, Any]) -> Path:
    """Figures and report.html of leaderboards in a folder; gives where the page is."""
    from aelab import report
    from aelab.compare import sweep_figures  # here: matplotlib takes a while

    boards = []
    for i, board in enumerate(found.boards):
        figures = folder / (f"figures-{i + 1}" if i else "figures")
        drawn = sweep_figures.draw(board.entries, board.score, figures)
        lines = zip(rows(board.entries, board.score), board.entries, strict=True)
        linked = [(*line, _links(entry, folder)) for line, entry in lines]
        title = board.words if len(found.boards) > 1 else ""
        boards.append(
            report.Board(
                title, columns(board.entries, board.score), linked, figures, board.bound, drawn.get("tradeoff")
            )
        )
    return report.write_sweep(folder, table, boards, found.left_out)


def _links(entry: Entry, folder: Path) -> list[str]:
    """The folders of an entry's runs, as the page in `folder` links to them."""
    return [Path(os.path.relpath(member.path, folder)).as_posix() for member in entry.members.values()]


def _folders(path: Path) -> list[Path]:
    """The run folders that a path stands for.

    Raises:
        ConfigError: there are none.
    """
    sweep = Run(path).read("sweep.json")
    if sweep:
        runs_dir = path.parent.parent
        return [runs_dir / point["run"] for point in sweep["points"] if point["state"] == "done"]
    found = [run.path for run in below.runs_below([path])]
    if not found:
        raise ConfigError(
            f"{path}: neither a run folder (no config.json) nor a sweep (no sweep.json), nor runs below; "
            "aelab info lists runs"
        )
    return found

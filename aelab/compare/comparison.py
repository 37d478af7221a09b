"""`aelab compare`: the leaderboard of runs or of a sweep, as a table, as CSV, as JSON, and with its figures."""

import csv
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aelab.compare import leaderboard
from aelab.compare.ground import groups
from aelab.compare.leaderboard import Entry, Estimate, Member, find_score
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runs import below
from aelab.runs.folder import Run

MORE = ("distortion", "rate", "active_units", "squared_error")  # test scores that stand beside the one gone by


class Ranked(NamedTuple):
    """The leaderboard of runs of one data set, one likelihood and one number of entries, and the score it goes by."""

    entries: list[Entry]
    score: str

    @property
    def members(self) -> list[Member]:
        return [member for entry in self.entries for member in entry.members.values()]

    @property
    def words(self) -> str:
        """What its scores are of."""
        return self.members[0].ground.words

    @property
    def bound(self) -> str:
        """Why its bounds are none of a density, where it shows one that is; else ""."""
        return self.members[0].ground.bound if find_score(self.score, self.members).relative else ""


class Comparison(NamedTuple):
    """Leaderboards, the largest first, and why other runs are in none of them."""

    boards: list[Ranked]
    left_out: list[str]


def compare(
    paths: Sequence[Path], score: str = "", *, as_json: bool = False, as_csv: bool = False, output: Path | None = None
) -> None:
    """Rank runs, the runs below a folder, or those of a sweep: mean, sd and 95 % interval over seeds, and the
    differences between pairs of runs of one seed. Runs whose scores are not of the same thing get tables of their own.
    A sweep also gets figures and report.html; other runs do with --output FOLDER.

    Raises:
        ConfigError: a path without finished runs, or a score that is not there.
    """
    found = ranked(paths, score)
    sweep = paths[0] if len(paths) == 1 and (paths[0] / "sweep.json").exists() else None
    print(_json(found.boards) if as_json else _csv(found.boards) if as_csv else _text(found.boards))
    if found.left_out:
        aside = sys.stderr if as_json or as_csv else sys.stdout
        print("\n".join(["", "Not ranked:", *(f"- {line}" for line in found.left_out)]), file=aside)
    if folder := output or sweep:
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
        raise ConfigError(f"{paths[0]}: no run of it is finished")
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
        sweep_figures.draw(board.entries, board.score, figures)
        rows = [(*_row(entry, board.score), _links(entry, folder)) for entry in board.entries]
        title = board.words if len(found.boards) > 1 else ""
        boards.append(report.Board(title, _columns(board.entries, board.score), rows, figures, board.bound))
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
        raise ConfigError(f"{path}: neither a run folder (no config.json) nor a sweep (no sweep.json), nor runs below")
    return found


def _columns(entries: Sequence[Entry], score: str) -> list[str]:
    name = score.partition("/")[2] if score.startswith("test/") else score
    return [*entries[0].fields, "seeds", name, "95 %", "behind, paired", *_more(entries, score)]


def _more(entries: Sequence[Entry], score: str) -> list[str]:
    return [
        name.replace("_", " ")
        for name in MORE
        if f"test/{name}" != score and all(entry.mean(f"test/{name}") is not None for entry in entries)
    ]


def _row(entry: Entry, score: str) -> list[Any]:
    """An entry as words of the table."""
    fields = [_shown(value) for value in entry.fields.values()]
    more = [entry.mean(f"test/{name}") for name in MORE if f"test/{name}" != score]
    numbers = [_number(value) for value in more if value is not None]
    return [*fields, str(entry.score.count), _with_sd(entry.score), _interval(entry.score), _behind(entry), *numbers]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(str, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(x: float) -> str:
    return f"{x:.2f}".replace("-", "−")


def _with_sd(found: Estimate) -> str:
    return _number(found.mean) + (f" ± {found.sd:.2f}" if found.sd is not None else "")


def _interval(found: Estimate) -> str:
    return f"{_number(found.low)} … {_number(found.high)}" if found.low is not None and found.high is not None else ""


def _behind(entry: Entry) -> str:
    if entry.behind is None:
        return ""
    span = _interval(entry.behind)
    return _number(entry.behind.mean) + (f" ({span})" if span else "")


def _text(boards: Sequence[Ranked]) -> str:
    """The leaderboards as tables, each under what it is of where there are several, and over what it is not."""
    parts = []
    for board in boards:
        title = [f"{board.words}:\n"] if len(boards) > 1 else []
        note = [f"\nNote: {board.bound}."] if board.bound else []
        parts.append("\n".join([*title, markdown(board.entries, board.score), *note]))
    return "\n\n".join(parts)


def markdown(entries: Sequence[Entry], score: str) -> str:
    """A leaderboard as a table; of tests, scores go by their short names."""
    return tables.markdown(_columns(entries, score), [_row(entry, score) for entry in entries])


def records(board: Ranked) -> list[dict[str, Any]]:
    """A leaderboard as JSON values."""
    return [
        {
            "of": board.words,
            "fields": entry.fields,
            "seeds": list(entry.members),
            "runs": [str(member.path) for member in entry.members.values()],
            "score": board.score,
            **entry.score._asdict(),
            "behind_best": entry.behind._asdict() if entry.behind else None,
            "scores": {name: entry.mean(name) for name in next(iter(entry.members.values())).scores},
        }
        for entry in board.entries
    ]


def _json(boards: Sequence[Ranked]) -> str:
    return json.dumps([record for board in boards for record in records(board)])


def _csv(boards: Sequence[Ranked]) -> str:
    """A line an entry, numbers in full; with several leaderboards, what each is of comes first."""
    text = io.StringIO()
    fields = list(dict.fromkeys(field for board in boards for field in board.entries[0].fields))
    scores = list(dict.fromkeys(name for board in boards for member in board.members for name in member.scores))
    named = list(dict.fromkeys(board.score for board in boards))
    parts, of = ["mean", "sd", "low", "high"], ["of", "by"] * (len(boards) > 1)
    writer = csv.writer(text, lineterminator="\n")
    score = named[0] if len(named) == 1 else "score"
    writer.writerow([*of, *fields, "seeds", *(f"{score} {part}" for part in parts),
                     *(f"behind {part}" for part in parts), *scores])  # fmt: skip
    for board in boards:
        for entry in board.entries:
            behind = entry.behind[:4] if entry.behind else [None] * 4
            seeds = " ".join(map(str, entry.members))
            first = next(iter(entry.members.values())).config
            own = (_shown(first[field]) if field in first else "" for field in fields)
            means = (entry.mean(name) for name in scores)
            writer.writerow([*(of and [board.words, board.score]), *own, seeds, *entry.score[:4], *behind, *means])
    return text.getvalue().rstrip("\n")

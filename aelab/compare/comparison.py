"""`aelab compare`: the leaderboard of runs or of a sweep, as a table, as CSV, as JSON, and with its figures."""

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aelab.compare import leaderboard
from aelab.compare.leaderboard import Entry, Estimate, Member
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runs.folder import Run

MORE = ("distortion", "rate", "active_units", "squared_error")  # test scores that stand beside the one gone by


def compare(
    paths: Sequence[Path], score: str = "", *, as_json: bool = False, as_csv: bool = False, output: Path | None = None
) -> None:
    """Rank runs, or the runs of a sweep: mean, sd and 95 % interval over seeds, and the differences between pairs of
    runs of one seed. A sweep also gets figures and report.html; other runs do with --output FOLDER.

    Raises:
        ConfigError: a path that is neither a run nor a sweep, or a score that is not there.
    """
    entries, score = _ranked(paths, score)
    sweep = paths[0] if len(paths) == 1 and (paths[0] / "sweep.json").exists() else None
    print(_json(entries, score) if as_json else _csv(entries, score) if as_csv else markdown(entries, score))
    if folder := output or sweep:
        page(entries, score, folder, Run(sweep).read("sweep.json") if sweep else {})


def redraw(sweep: Path) -> Path:
    """Figures and report.html of a sweep again; gives where the page is.

    Raises:
        ConfigError: no run of it is finished.
    """
    return page(*_ranked([sweep]), sweep, Run(sweep).read("sweep.json"))


def _ranked(paths: Sequence[Path], score: str = "") -> tuple[list[Entry], str]:
    """The leaderboard of runs and sweeps, and the score it goes by."""
    members = [member for path in paths for member in _members(path)]
    if not members:
        raise ConfigError(f"{paths[0]}: no run of it is finished")
    score = leaderboard.pick_score(members, score)
    return leaderboard.rank(members, score), score


def page(entries: Sequence[Entry], score: str, folder: Path, table: dict[str, Any]) -> Path:
    """Figures and report.html of a leaderboard in a folder; gives where the page is."""
    from aelab import report
    from aelab.compare import sweep_figures  # here: matplotlib takes a while

    sweep_figures.draw(entries, score, folder / "figures")
    rows = [
        (*_row(entry, score), [Path(os.path.relpath(m.path, folder)).as_posix() for m in entry.members.values()])
        for entry in entries
    ]
    return report.write_sweep(folder, table, _columns(entries, score), rows)


def _members(path: Path) -> list[Member]:
    """The finished runs of a path."""
    sweep = Run(path).read("sweep.json")
    if not sweep:
        return [leaderboard.read(path)]
    runs_dir = path.parent.parent
    return [leaderboard.read(runs_dir / point["run"]) for point in sweep["points"] if point["state"] == "done"]


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


def markdown(entries: Sequence[Entry], score: str) -> str:
    """The leaderboard as a table; of tests, scores go by their short names."""
    return tables.markdown(_columns(entries, score), [_row(entry, score) for entry in entries])


def records(entries: Sequence[Entry], score: str) -> list[dict[str, Any]]:
    """The leaderboard as JSON values."""
    return [
        {
            "fields": entry.fields,
            "seeds": list(entry.members),
            "runs": [str(member.path) for member in entry.members.values()],
            "score": score,
            **entry.score._asdict(),
            "behind_best": entry.behind._asdict() if entry.behind else None,
            "scores": {name: entry.mean(name) for name in next(iter(entry.members.values())).scores},
        }
        for entry in entries
    ]


def _json(entries: Sequence[Entry], score: str) -> str:
    return json.dumps(records(entries, score))


def _csv(entries: Sequence[Entry], score: str) -> str:
    """A line an entry, numbers in full."""
    text = io.StringIO()
    scores = list(next(iter(entries[0].members.values())).scores)
    parts = ["mean", "sd", "low", "high"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*entries[0].fields, "seeds", *(f"{score} {part}" for part in parts),
                     *(f"behind {part}" for part in parts), *scores])  # fmt: skip
    for entry in entries:
        behind = entry.behind[:4] if entry.behind else [None] * 4
        seeds = " ".join(map(str, entry.members))
        means = (entry.mean(name) for name in scores)
        writer.writerow([*map(_shown, entry.fields.values()), seeds, *entry.score[:4], *behind, *means])
    return text.getvalue().rstrip("\n")

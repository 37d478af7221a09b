"""A leaderboard as a table, as CSV and as JSON."""

import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aelab.compare.leaderboard import Entry, Member, find_score
from aelab.evaluation.over_seeds import OverSeeds
from aelab.report import tables

WIDE = 200  # characters of a table that no terminal shows
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


def columns(entries: Sequence[Entry], score: str) -> list[str]:
    """The names of what `rows` gives."""
    name = score.partition("/")[2] if score.startswith("test/") else score
    return [
        *entries[0].fields,
        "seeds",
        name,
        "95 %",
        "behind, paired",
        *(n.replace("_", " ") for n in _beside(entries, score)),
    ]


def _beside(entries: Sequence[Entry], score: str) -> list[str]:
    """The scores that stand beside the one gone by: those that all runs have, and that mean the same for all."""
    members = [member for entry in entries for member in entry.members.values()]
    mixed = len({member.ground.likelihood for member in members}) > 1
    had = [name for name in MORE if all(f"test/{name}" in member.scores for member in members)]
    return [n for n in had if f"test/{n}" != score and not (mixed and find_score(n, members).relative)]


def rows(entries: Sequence[Entry], score: str) -> list[list[Any]]:
    """Entries as words of the table."""
    return [_row(entry, _beside(entries, score)) for entry in entries]


def _row(entry: Entry, beside: Sequence[str]) -> list[Any]:
    fields = [_shown(value) for value in entry.fields.values()]
    means = [entry.mean(f"test/{name}") for name in beside]
    numbers = [_number(value) for value in means if value is not None]
    return [*fields, str(entry.score.count), _with_sd(entry.score), _interval(entry.score), _behind(entry), *numbers]


def _shown(value: Any) -> str:
    if value is None:  # the net of the run does not read it
        return ""
    if isinstance(value, list):
        return "[" + ",".join(map(str, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(x: float) -> str:
    return f"{x:.2f}".replace("-", "−")


def _with_sd(found: OverSeeds) -> str:
    return _number(found.mean) + (f" ± {found.sd:.2f}" if found.sd is not None else "")


def _interval(found: OverSeeds) -> str:
    return f"{_number(found.low)} … {_number(found.high)}" if found.low is not None and found.high is not None else ""


def _behind(entry: Entry) -> str:
    if entry.behind is None:
        return ""
    span = _interval(entry.behind)
    return _number(entry.behind.mean) + (f" ({span})" if span else "")


def as_text(boards: Sequence[Ranked]) -> str:
    """The leaderboards as tables of a terminal, titled as those in Markdown are."""
    return _titled(boards, terminal)


def as_markdown(boards: Sequence[Ranked]) -> str:
    """The leaderboards in Markdown, each under what it is of where there are several, and over what it is not."""
    return _titled(boards, markdown)


def _titled(boards: Sequence[Ranked], form: Callable[[Sequence[Entry], str], str]) -> str:
    parts = []
    for board in boards:
        title = [f"{board.words}:\n"] if len(boards) > 1 else []
        note = [f"\nNote: {board.bound}."] if board.bound else []
        parts.append("\n".join([*title, form(board.entries, board.score), *note]))
    return "\n\n".join(parts)


def terminal(entries: Sequence[Entry], score: str) -> str:
    """A leaderboard as `aelab info` shows runs: as wide as the terminal, or `WIDE` columns in a file."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in columns(entries, score):
        table.add_column(Text(name), justify="left" if name in entries[0].fields else "right")
    for row in rows(entries, score):
        table.add_row(*(Text(str(cell)) for cell in row))  # [512,256] is no colour
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def markdown(entries: Sequence[Entry], score: str) -> str:
    """A leaderboard as a table; of tests, scores go by their short names."""
    return tables.markdown(columns(entries, score), rows(entries, score))


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


def as_json(boards: Sequence[Ranked]) -> str:
    return json.dumps([record for board in boards for record in records(board)])


def as_csv(boards: Sequence[Ranked]) -> str:
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

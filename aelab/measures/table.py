"""What was measured of runs as one table: a line a number, a column a recipe.

Of one run of a recipe a cell is `value ± standard error`. Of several, which differ in the seed alone, it is the mean ±
the standard deviation over the seeds, with the 95 % interval of the mean by Student's t in brackets.
"""

import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from aelab.evaluation.over_seeds import over_seeds
from aelab.experiment.scores import Score, find
from aelab.measures.measure import Measured, Undefined
from aelab.measures.numbers import pm
from aelab.measures.record import Part

MOST = 5  # lines of one kind, such as of the numbers of a code; those with the largest values
EMPTY = "–"
CALLS = 20  # of a program that is timed


class Outcome(NamedTuple):
    """What was measured of one run."""

    name: str  # of its folder
    config: Mapping[str, Any]
    parts: Sequence[Part]
    own: tuple[Score, ...] = ()  # scores that its experiment adds

    @property
    def recipe(self) -> str:
        """Everything about the run but its seed."""
        return repr(sorted((name, value) for name, value in self.config.items() if name != "seed"))

    def numbers(self) -> dict[tuple[str, str], Measured | Undefined]:
        """All that was found, by heading and name."""
        seeds = len({part.seed for part in self.parts}) > 1
        return {(heading(part, seeds), each.name): each for part in self.parts for each in part.found}


class Line(NamedTuple):
    """A line of the table."""

    heading: str
    name: str
    cells: tuple[str, ...]  # one a column
    about: str  # the unit, or why there is no number
    better: str  # lower, higher or nothing
    meaning: str = ""


class Table(NamedTuple):
    """Columns by their titles, and the lines of each heading after the other."""

    columns: tuple[str, ...]
    lines: list[Line]
    notes: tuple[str, ...]  # what is to be said below it


def heading(part: Part, seeds: bool) -> str:
    """The group of a part, with the split if it is not the test split, and the seed where there are several."""
    words = [part.split] * (part.split != "test") + [f"seed {part.seed}"] * seeds
    return f"{part.group} ({', '.join(words)})" if words else part.group


def table(outcomes: Sequence[Outcome]) -> Table:
    """The table of runs; runs of one recipe share a column."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.recipe, []).append(outcome)
    columns = [[outcome.numbers() for outcome in group] for group in groups.values()]
    own = tuple(score for outcome in outcomes for score in outcome.own)
    keys = dict.fromkeys(key for column in columns for numbers in column for key in numbers)
    if len(outcomes) > 1:  # a number of one code is not that of another
        keys = {key: None for key in keys if not key[1].startswith("unit_rate")}
    headings = list(dict.fromkeys(heading for heading, _ in keys))
    shown, notes = _fewer(sorted(keys, key=lambda key: headings.index(key[0])), columns)
    usual, several = _usual(columns), {len(column) > 1 for column in columns}
    lines = [_line(key, [[numbers.get(key) for numbers in column] for column in columns], own, usual) for key in shown]
    titles = tuple(_title(group, len(groups) > 1) for group in groups.values())
    gaps = _gaps(shown, columns, titles, own)
    return Table(titles, _joined(lines), (*_said(usual, several), *notes, *gaps))


def _title(group: Sequence[Outcome], beside: bool) -> str:
    """What the column of a recipe is called; with its script where there are others beside it."""
    script = str(group[0].config.get("experiment", "")).rpartition(".")[2] if beside else ""
    name = group[0].name if len(group) == 1 else f"{group[0].name.rpartition('-s')[0]}, {len(group)} seeds"
    return f"{script} {name}".strip()


def _gaps(
    keys: Sequence[tuple[str, str]], columns: Sequence[Sequence[Mapping]], titles: Sequence[str], own: Sequence[Score]
) -> Iterator[str]:
    """Of each column the numbers that others have, and why it does not."""
    for title, column in zip(titles, columns, strict=True):
        found: dict[str, list[str]] = {}
        for key in keys:
            whys = [_why(each) for numbers in column if not isinstance(each := numbers.get(key), Measured)]
            if whys and any(isinstance(numbers.get(key), Measured) for other in columns for numbers in other):
                found.setdefault(whys[0], []).append(find(key[1], own).called)
        yield from (f"{title} has no {', '.join(names)}: {why}." for why, names in found.items())


def _why(found: Undefined | None) -> str:
    return found.why if found else "its script does not score it"


def _usual(columns: Sequence[Sequence[Mapping[Any, Measured | Undefined]]]) -> dict[str, int]:
    """How many examples most numbers of each split come from."""
    found = [each for column in columns for numbers in column for each in numbers.values()]
    sizes: dict[str, list[int]] = {}
    for each in found:
        if isinstance(each, Measured):
            sizes.setdefault(each.split, []).append(each.n)
    return {split: statistics.mode(own) for split, own in sorted(sizes.items())}


def _said(usual: Mapping[str, int], several: Set[bool]) -> Iterator[str]:
    for split, count in usual.items():
        yield f"Of {count:,} {split} examples, if a line says nothing else."
    if False in several:
        yield "± is the standard error over the examples; of times, over repeated calls."
    if True in several:
        yield "Over seeds, ± is the standard deviation, and brackets hold the 95 % interval of the mean."


def _fewer(keys: list[tuple[str, str]], columns: Sequence) -> tuple[list[tuple[str, str]], list[str]]:
    """Of each kind of which there are many, the largest in the first column; and how many are left out."""
    kinds: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for key in keys:
        if ":" in key[1]:
            kinds.setdefault((key[0], key[1].partition(":")[0]), []).append(key)
    left_out, notes = set(), []
    for (_, kind), own in kinds.items():
        if len(own) > 2 * MOST:
            own.sort(key=lambda key: -getattr(columns[0][0].get(key), "value", -math.inf))
            left_out |= set(own[MOST:])
            notes.append(f"{find(kind).called}: the {MOST} largest of {len(own)}; --json gives all.")
            places = iter(own[:MOST])
            keys = [next(places, key) if key in own else key for key in keys]
    return [key for key in dict.fromkeys(keys) if key not in left_out], notes


def _line(
    key: tuple[str, str],
    found: Sequence[Sequence[Measured | Undefined | None]],
    own: Sequence[Score],
    usual: Mapping[str, int],
) -> Line:
    every = [each for column in found for each in column if each is not None]
    measured = [each for each in every if isinstance(each, Measured)]
    whys = dict.fromkeys(each.why for each in every if isinstance(each, Undefined))
    score, better = find(key[1], own), measured[0].direction if measured else ""
    about = _unit(measured[0], usual) if measured else "; ".join(whys)
    cells = tuple(_cell(column) for column in found)
    meaning = measured[0].meaning if measured else score.meaning
    return Line(key[0], score.called, cells, about, "" if better == "neither" else better, meaning)


def _unit(measured: Measured, usual: Mapping[str, int]) -> str:
    """The unit, and of how many examples where it is not the usual number; a handful are calls, not examples."""
    other = measured.n != usual[measured.split] and measured.n > CALLS
    return ", ".join(filter(None, [measured.unit, f"of {measured.n:,}" if other else ""]))


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Lines one after the other that have no number, and all for one reason, as one line."""
    found = []
    for _, group in itertools.groupby(lines, lambda line: (line.heading, set(line.cells) == {EMPTY} and line.about)):
        own = list(group)
        alike = set(own[0].cells) == {EMPTY} and len(own) > 2
        found += [own[0]._replace(name=f"{own[0].name} … {own[-1].name}", meaning="")] if alike else own
    return found


def _cell(found: Sequence[Measured | Undefined | None]) -> str:
    """Of one run or of several that differ in the seed; empty unless all of them have the number."""
    measured = [each for each in found if isinstance(each, Measured)]
    if len(measured) < len(found) or not found:
        return EMPTY
    if len(measured) == 1:
        return pm(measured[0].value, measured[0].error)
    mean, sd, low, high, _ = over_seeds([each.value for each in measured])
    if not sd or low is None or high is None:
        return pm(mean, 0)
    places = max(0, 1 - math.floor(math.log10(sd)))
    return f"{pm(mean, sd)} [{low:,.{places}f}, {high:,.{places}f}]"

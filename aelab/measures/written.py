"""The table on a terminal, in Markdown, in LaTeX and as JSON."""

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Sequence

from aelab.measures.measure import Measured, as_json
from aelab.measures.table import EMPTY, Line, Outcome, Table

SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "−": "$-$"}
SPECIAL |= {character: f"\\{character}" for character in "&%$#_{}"}
SPECIAL |= {"±": r"$\pm$", "·": r"$\cdot$", "×": r"$\times$", "‖": r"$\|$", "…": r"\dots{}", "½": r"\textonehalf{}"}
SPECIAL |= {"Σ": r"$\Sigma$", "λ": r"$\lambda$", "β": r"$\beta$", "σ": r"$\sigma$", "²": "$^2$", "’": "'"}
LAST = "\u017f"  # of the letters that LaTeX knows without a package; others are left out


def terminal(table: Table) -> str:
    """With a rule between groups."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid

    one = len(table.columns) == 1
    grid = Grid(box=box.SIMPLE_HEAD, title=table.columns[0] if one else None, title_justify="left")
    grid.add_column("")
    for title in ("",) if one else table.columns:
        grid.add_column(title, justify="right", overflow="fold")
    grid.add_column("unit, or why there is none", overflow="fold")
    grid.add_column("better")
    for heading, lines in grouped(table):
        grid.add_row(f"[bold]{heading}[/bold]")
        for line in lines:
            grid.add_row(f"  {line.name}", *(minus(cell) for cell in line.cells), line.about, line.better)
        grid.add_section()
    console = Console(width=None if os.isatty(1) else 140)
    with console.capture() as captured:
        console.print(grid, markup=True, highlight=False)
    return "\n".join(line.rstrip() for line in [*captured.get().rstrip().splitlines(), "", *table.notes])


def markdown(table: Table) -> str:
    """A pipe table, groups in bold."""
    head = ["", *(table.columns if len(table.columns) > 1 else ["value"]), "unit, or why there is none", "better"]
    lines = [head, ["---", *("---:" for _ in table.columns), "---", "---"]]
    for heading, own in grouped(table):
        lines.append([f"**{heading}**", *("" for _ in head[1:])])
        lines += [[line.name, *map(minus, line.cells), line.about, line.better] for line in own]
    rows = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]
    return "\n".join([*rows, "", *table.notes])


def latex(table: Table) -> str:
    """A `tabular` in the manner of booktabs, which the preamble has to load."""
    head = ("", *(table.columns if len(table.columns) > 1 else ("value",)), "unit")
    lines = [rf"\begin{{tabular}}{{l{'r' * len(table.columns)}l}}", r"\toprule", _row(map(escaped, head))]
    for heading, own in grouped(table):
        lines += [r"\midrule", rf"\multicolumn{{{len(head)}}}{{l}}{{\emph{{{escaped(heading)}}}}} \\"]
        lines += [_row([escaped(line.name), *map(_cell, line.cells), escaped(line.about)]) for line in own]
    notes = [f"% {escaped(note)}" for note in table.notes]
    return "\n".join([*notes, *lines, r"\bottomrule", r"\end{tabular}"])


def grouped(table: Table) -> Iterator[tuple[str, list[Line]]]:
    """The lines of each heading."""
    for heading, lines in itertools.groupby(table.lines, key=lambda line: line.heading):
        yield heading, list(lines)


def minus(cell: str) -> str:
    """With a real minus before numbers."""
    return cell.replace("-", "−")


def escaped(text: str) -> str:
    """What LaTeX takes for words."""
    return "".join(SPECIAL.get(character, character if character <= LAST else "") for character in text)


def _cell(cell: str) -> str:
    """A number in mathematics, so that its minus is one; its commas make no room."""
    if cell == EMPTY:
        return escaped(cell)
    return "$" + cell.replace("±", r"\pm").replace(",", "{,}").replace("{,} ", ",\\ ").replace(" [", "\\ [") + "$"


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def as_lines(outcomes: Sequence[Outcome]) -> str:
    """One JSON object a run and line, with all fields of every number."""
    return "\n".join(json.dumps({"run": outcome.name, "groups": _groups(outcome)}) for outcome in outcomes)


def _groups(outcome: Outcome) -> list[dict]:
    return [
        part._asdict() | {"found": [as_json(x) if isinstance(x, Measured) else x._asdict() for x in part.found]}
        for part in outcome.parts
    ]

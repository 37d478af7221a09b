"""Tables of results: kept as JSON beside the runs they come from, shown as Markdown."""

import statistics
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aelab.runs.atomic import storing, write_atomically
from aelab.runs.strict import strict

Row = dict[str, Any]


def keep(folder: Path, table: Mapping[str, Any], text: str) -> None:
    """`table.json` and `table.md` in a folder, each whole or not at all.

    Raises:
        NonFiniteError: a number is NaN or infinite.
        StorageError: they cannot be written.
    """
    kept = strict(table, folder / "table.json")
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "table.json", kept.encode())
    write_atomically(folder / "table.md", (text + "\n").encode())


def markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; numbers stand on the right, with two decimals where they are floats, None is empty."""
    right = [all(not isinstance(row[i], str) for row in rows) for i in range(len(columns))]
    lines = [columns, ["---:" if numbers else "---" for numbers in right], *([_shown(x) for x in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread(values: Sequence[float], digits: int) -> str:
    """The mean, and ± the standard deviation of a sample where there are several; nothing of none."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, list[Row]]:
    """The rows of each key, wherever they stand; keys come in the order of their first rows."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}".replace("-", "−")
    return f"{value:,}" if isinstance(value, int) else str(value)

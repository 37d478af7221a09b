"""From values to HTML; what comes from a file goes through `text`, so that no label can say anything to a browser."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def text(value: object) -> str:
    """Any value as words of the page; None is a dash."""
    return html.escape("–" if value is None else str(value))


def section(title: str, body: str, kind: str = "") -> str:
    """A titled part of the page, nothing where its body is empty."""
    return f'<section class="{kind}"><h2>{text(title)}</h2>{body}</section>' if body else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numeric: Iterable[int] = ()) -> str:
    """A table, columns `numeric` set to the right; nothing where there are no rows."""
    kinds = dict.fromkeys(numeric, ' class="number"')

    def line(cell: str, values: Sequence[object]) -> str:
        cells = (f"<{cell}{kinds.get(i, '')}>{text(value)}</{cell}>" for i, value in enumerate(values))
        return f"<tr>{''.join(cells)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f'<div class="wide"><table><thead>{line("th", head)}</thead><tbody>{body}</tbody></table></div>' * bool(body)


def shape(sizes: object) -> str:
    """Sizes of the axes with crosses between them."""
    return " × ".join(map(str, sizes)) if isinstance(sizes, list | tuple) else str(sizes)


def large(x: object) -> str:
    """A number to be read: two decimals, or four digits where it is small; counts have none."""
    if not isinstance(x, int | float):
        return str(x)
    if math.isfinite(x) and x == int(x):
        return f"{x:,.0f}".replace("-", "−")
    return (f"{x:,.2f}" if abs(x) >= 1 else f"{x:.4g}").replace("-", "−")


def exact(x: object) -> str:
    """A number to be compared and copied: seven digits and a plain minus."""
    return f"{x:.7g}" if isinstance(x, float) else "" if x is None else str(x)


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, object]]:
    """Nested settings as `a.b` and value."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, " ".join(map(str, value)) if isinstance(value, list) else value

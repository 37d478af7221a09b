"""Help pages that list what a command can be followed by, in groups, a line each."""

import shutil
import textwrap
from collections.abc import Mapping
from typing import NoReturn

MOST = 100  # columns of a page


def show(usage: str, about: str | None, groups: Mapping[str, Mapping[str, str]]) -> NoReturn:
    """Print a page, and exit with 0; `groups` has what is said of each word, by the title of its group."""
    print(page(usage, about, groups))
    raise SystemExit(0)


def page(usage: str, about: str | None, groups: Mapping[str, Mapping[str, str]]) -> str:
    """Usage, text and groups, as wide as the terminal, or `MOST` columns."""
    width = max(40, min(MOST, shutil.get_terminal_size().columns))
    indent = max(len(word) for group in groups.values() for word in group) + 4
    lines = [f"usage: {usage}", ""]
    for paragraph in textwrap.dedent(about or "").strip().split("\n\n"):
        lines += [*textwrap.wrap(" ".join(paragraph.split()), width), ""]
    for title, group in groups.items():
        lines.append(f"{title}:")
        for word, text in group.items():
            start = f"  {word}".ljust(indent)
            lines += textwrap.wrap(text, width, initial_indent=start, subsequent_indent=" " * indent) or [start]
        lines.append("")
    return "\n".join(lines).rstrip()

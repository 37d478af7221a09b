"""Rows of a table, column by column, under the names of the columns."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper

LINE, GAP = 22, 10  # pixels from one line to the next, and more between groups
BETWEEN = 18  # pixels between columns
MOST, LONGEST = 12, 16  # columns, and letters of a word
OTHER = paper.PALETTE[2]  # the colour of a word that is not the original

Arrays = Mapping[str, np.ndarray]


def rows(arrays: Arrays) -> Figure:
    """Texts `originals` over `rebuilt`, each [event, column], under their `columns` [column]; `words` [column] is
    true where they are words, which are red where they differ."""
    lines = np.stack([arrays["originals"], arrays["rebuilt"]], 1)

    def colour(e: int, line: int, c: int) -> str:
        first, own = lines[e, :, c]
        other = line and arrays["words"][c] and first and first != own
        return OTHER if other else paper.INK if line else paper.MUTED

    return table(arrays, lines, "Rows and what comes back", labels=["original", "rebuilt"], colour=colour)


def table(
    arrays: Arrays,
    lines: np.ndarray,
    title: str,
    *,
    heads: Sequence[str] = (),
    labels: Sequence[str] = (),
    colour: Callable[[int, int, int], str] = lambda group, line, column: paper.INK,
) -> Figure:
    """Texts `lines` [group, line, column] under the `columns` of `arrays`, which may say how many there are in `total`.

    `heads` stand before the groups, `labels` before each line of a group.
    """
    count = min(len(arrays["columns"]), MOST)
    names, texts = cut(arrays["columns"][:count]), cut(lines[..., :count])
    wide = [max(map(paper.text_width, [names[c], *texts[..., c].flat])) + BETWEEN for c in range(count)]
    before = [_width(heads), _width(labels)]
    left, top = paper.MARGIN + sum(before), paper.MARGIN + 40 + LINE
    high = texts.shape[1] * LINE + GAP
    figure = paper.sheet(max(left + sum(wide) + paper.MARGIN, 460), top + len(texts) * high + paper.MARGIN)
    total = int(arrays.get("total", len(arrays["columns"])))
    paper.title(figure, title + (f" ({count} of {total:,} columns)" if total > count else ""), paper.MARGIN)
    ends = left + np.cumsum(wide) - BETWEEN

    def write(x: float, y: float, text: str, color: str, align: str = "right") -> None:
        w, h = figure.get_size_inches() * paper.DPI
        figure.text(x / w, 1 - y / h, text, color=color, ha=align, va="baseline")

    for end, name in zip(ends, names, strict=True):
        write(end, top - LINE, name, paper.MUTED)
    for e, group in enumerate(texts):
        for i, line in enumerate(group):
            y = top + e * high + i * LINE
            if heads and not i:
                write(paper.MARGIN, y, heads[e], paper.INK, "left")
            if labels:
                write(paper.MARGIN + before[0], y, labels[i], paper.MUTED, "left")
            for c, end in enumerate(ends):
                write(end, y, line[c], colour(e, i, c))
    return figure


def _width(words: Sequence[str]) -> int:
    """Pixels of a column of words and the space behind it; none where there are no words."""
    return max(map(paper.text_width, words)) + BETWEEN if words else 0


def cut(texts: np.ndarray, most: int = LONGEST) -> np.ndarray:
    """Texts of so many letters at most."""
    short = [text if len(text) <= most else text[: most - 1] + "…" for text in map(str, texts.flat)]
    return np.array(short, object).reshape(texts.shape)

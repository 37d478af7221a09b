"""Rows of a table beside what a model makes of them, column by column, under the names of the columns."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper

LINE, GAP = 22, 10  # pixels from one line to the next, and more between events
BETWEEN = 18  # pixels between columns
MOST, LONGEST = 12, 16  # columns, and letters of a word
OTHER = paper.PALETTE[2]  # the colour of a word that is not the original


def rows(arrays: Mapping[str, np.ndarray]) -> Figure:
    """Texts `originals` over `rebuilt`, each [event, column], under their `columns` [column]; `words` [column] is
    true where they are words, which are red where they differ."""
    count = min(len(arrays["columns"]), MOST)
    names, words = _cut(arrays["columns"][:count]), arrays["words"][:count]
    lines = np.stack([_cut(arrays[name][:, :count]) for name in ("originals", "rebuilt")], 1)  # [event, line, column]
    labels = ["original", "rebuilt"]
    wide = [max(map(paper.text_width, [names[c], *lines[..., c].flat])) + BETWEEN for c in range(count)]
    left = paper.MARGIN + max(map(paper.text_width, labels)) + BETWEEN
    top = paper.MARGIN + 40 + LINE
    height = top + len(lines) * (2 * LINE + GAP) + paper.MARGIN
    figure = paper.sheet(max(left + sum(wide) + paper.MARGIN, 460), height)
    more = len(arrays["columns"]) - count
    paper.title(figure, "Rows and what comes back" + (f" (the first {count} columns)" if more else ""), paper.MARGIN)
    ends = left + np.cumsum(wide) - BETWEEN

    def write(x: float, y: float, text: str, color: str, align: str = "right") -> None:
        w, h = figure.get_size_inches() * paper.DPI
        figure.text(x / w, 1 - y / h, text, color=color, ha=align, va="baseline")

    for end, name in zip(ends, names, strict=True):
        write(end, top - LINE, name, paper.MUTED)
    for e, event in enumerate(lines):
        for i, label in enumerate(labels):
            y = top + e * (2 * LINE + GAP) + i * LINE
            write(paper.MARGIN, y, label, paper.MUTED, "left")
            for c, end in enumerate(ends):
                other = i and words[c] and event[0, c] and event[0, c] != event[1, c]
                write(end, y, event[i, c], OTHER if other else paper.INK if i else paper.MUTED)
    return figure


def _cut(texts: np.ndarray) -> np.ndarray:
    """Texts of `LONGEST` letters at most."""
    short = [text if len(text) <= LONGEST else text[: LONGEST - 1] + "…" for text in map(str, texts.flat)]
    return np.array(short, object).reshape(texts.shape)

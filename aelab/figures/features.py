"""What units of a sparse dictionary stand for, in words: a line a unit."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper

ROW, LONGEST, GAP = 30, 24, 16  # pixels of a line, letters of a name, pixels between two names
HEAD = 170  # pixels for what stands before the names


def features(arrays: Mapping[str, np.ndarray]) -> Figure:
    """The `names` [unit, example] of the examples that turn each of the `units` on most, the strongest first.

    `share` [unit] of the examples turn it on, and `values` [unit, example] say how much: weaker ones are paler.
    """
    names = [[_short(name) for name in row] for row in arrays["names"].tolist()]
    widths = [max(paper.text_width(row[i]) for row in names) for i in range(len(names[0]))] if names else []
    width, height = HEAD + sum(widths) + GAP * len(widths), max(ROW * len(names), ROW)
    figure = paper.sheet(2 * paper.MARGIN + max(width, 400), 2 * paper.MARGIN + 40 + height)
    paper.title(figure, "Examples that turn a unit on most", paper.MARGIN)
    axes = paper.place(figure, paper.MARGIN, paper.MARGIN + 40, max(width, 400), height)
    axes.set(xlim=(0, max(width, 400)), ylim=(height, 0))
    axes.axis("off")
    if not names:
        axes.text(0, ROW / 2, "no unit is on often enough", color=paper.MUTED, va="center")
    for i, row in enumerate(names):
        y, strength = ROW * (i + 0.5), arrays["values"][i] / max(arrays["values"][i].max(), 1e-12)
        axes.text(0, y, f"unit {arrays['units'][i]}", weight="bold", va="center")
        axes.text(90, y, f"{100 * arrays['share'][i]:.2f} %", color=paper.MUTED, va="center")
        for j, name in enumerate(row):
            left = HEAD + sum(widths[:j]) + GAP * j
            axes.text(left, y, name, va="center", alpha=float(0.35 + 0.65 * np.clip(strength[j], 0, 1)))
    return figure


def _short(name: str) -> str:
    """A name that prints on one line and is not too long for it."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in name)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"

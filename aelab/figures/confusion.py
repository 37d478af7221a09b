"""What was taken for what."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper

CELL = 56  # pixels


def confusion(arrays: Mapping[str, np.ndarray]) -> Figure:
    """`counts` [class, class]: rows are the events' own classes, columns what they were taken for.

    `classes` [class] are their names, `title` says whose predictions. Shades are shares of a row.
    """
    counts, names = arrays["counts"], [str(name)[:24] for name in arrays["classes"]]
    label = max(map(paper.text_width, names))
    left, top, side = paper.MARGIN + label + 44, paper.MARGIN + 40, CELL * len(counts)
    title = str(arrays["title"])
    width = max(side, paper.text_width(title, **paper.TITLE))
    figure = paper.sheet(left + width + paper.MARGIN, top + side + label + 60 + paper.MARGIN)
    paper.title(figure, title, left)
    axes = paper.place(figure, left, top, side, side)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            axes.text(
                j, i, f"{count}", ha="center", va="center", color="white" if share[i, j] > 0.5 else paper.INK, size=7
            )
    axes.grid(False)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="taken for", ylabel="class")
    return figure

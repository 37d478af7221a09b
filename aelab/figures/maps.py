"""The same events among the codes of several methods, side by side."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper
from aelab.figures.codes import mark, names_of

SIDE, SPACE = 520, 40  # pixels of a panel, and between two


def maps(arrays: Mapping[str, np.ndarray]) -> Figure:
    """Scatters of `codes` [panel, n, 2] under `titles` [panel], coloured by `labels` [n] named by `classes`."""
    codes, titles = arrays["codes"], [str(title) for title in arrays["titles"]]
    labels = arrays.get("labels", np.zeros(codes.shape[1], int))
    names = names_of(arrays, labels)
    legend = max((paper.text_width(name) for name in names), default=0) + 2 * paper.MARGIN
    width, top = len(codes) * (SIDE + SPACE) - SPACE, paper.MARGIN + 24
    figure = paper.sheet(2 * paper.MARGIN + width + legend, top + SIDE + paper.MARGIN + 12)
    for i, (points, title) in enumerate(zip(codes, titles, strict=True)):
        left = paper.MARGIN + i * (SIDE + SPACE)
        paper.title(figure, title, left)
        axes = paper.place(figure, left, top + 12, SIDE, SIDE)
        size = float(np.clip(16_000 / max(len(points), 1), 3, 16))
        for label in np.unique(labels):
            own = points[labels == label]
            axes.scatter(own[:, 0], own[:, 1], s=size, alpha=0.6, **mark(int(label)))
        axes.set(xticks=[], yticks=[])
    if names:
        handles = [axes.scatter([], [], s=28, **mark(label)) for label in range(len(names))]
        axes.legend(handles, names, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0, labelspacing=0.7)
    return figure

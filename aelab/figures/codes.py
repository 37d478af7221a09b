"""Where the examples lie among the codes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aelab.figures import paper

SIDE = 720  # pixels
AXES = {"first two principal components": ("first component", "second component"), "the one code number": ("z1", "")}
MARKERS = "o^sD"  # with ten colours each: forty classes can be told apart


def codes(arrays: Mapping[str, np.ndarray]) -> Figure:
    """A scatter of `codes` [n, 2], coloured by `labels` [n] where there are any.

    `classes` are the labels' names, `method` says in words how the code became two numbers.
    """
    points, method = arrays["codes"], str(arrays.get("method", "the two code numbers"))
    labels = arrays.get("labels", np.zeros(len(points), int))
    names = names_of(arrays, labels)
    legend = max((paper.text_width(name) for name in names), default=-paper.MARGIN) + 2 * paper.MARGIN
    left, top = paper.MARGIN + 56, paper.MARGIN + 36
    figure = paper.sheet(left + SIDE + legend + paper.MARGIN, top + SIDE + 56 + paper.MARGIN)
    paper.title(figure, f"Codes: {method}", left)
    axes = paper.place(figure, left, top, SIDE, SIDE)
    _scatter(axes, points, labels)
    first, second = AXES.get(method, ("z1", "z2"))
    axes.set(xlabel=first, ylabel=second)
    axes.set_aspect("equal", adjustable="datalim")  # the prior is round
    if names:
        handles = [axes.scatter([], [], s=28, **mark(label)) for label in range(len(names))]
        axes.legend(handles, names, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0, labelspacing=0.7)
    return figure


def _scatter(axes: Axes, points: np.ndarray, labels: np.ndarray) -> None:
    size = float(np.clip(24_000 / max(len(points), 1), 5, 22))
    for label in np.unique(labels):
        own = points[labels == label]
        axes.scatter(own[:, 0], own[:, 1], s=size, alpha=0.7, **mark(int(label)))


def mark(label: int) -> dict[str, Any]:
    colours = len(paper.PALETTE)
    return {
        "color": paper.PALETTE[label % colours],
        "marker": MARKERS[label // colours % len(MARKERS)],
        "linewidths": 0,
    }


def names_of(arrays: Mapping[str, np.ndarray], labels: np.ndarray) -> list[str]:
    """What the legend says: nothing without labels, or with more than can be told apart."""
    count = int(labels.max(initial=-1)) + 1
    if "labels" not in arrays or count > len(MARKERS) * len(paper.PALETTE):
        return []
    names = [str(name) for name in arrays.get("classes", [])] or [str(label) for label in range(count)]
    return [name if len(name) <= 24 else name[:23] + "…" for name in names]

"""What a code costs and what it saves: distortion against rate (Alemi et al. 2018, arXiv:1711.00464, figure 1)."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper

WIDTH, HEIGHT = 560, 400  # pixels


def tradeoff(arrays: Mapping[str, np.ndarray]) -> Figure:
    """`rate` and `distortion` [run], nats per example, of the `entry` [run] that `labels` [entry] name.

    Small dots are runs, large ones the mean of an entry; the line is the part of the lower convex hull
    of the means that falls: no mixture of these settings can pass it.
    """
    left, top = paper.MARGIN + 68, paper.MARGIN + 48
    figure = paper.sheet(left + WIDTH + 60 + paper.MARGIN, top + HEIGHT + 48 + paper.MARGIN)
    paper.title(figure, "Rate and distortion", left)
    axes = paper.place(figure, left, top, WIDTH, HEIGHT)
    members = [arrays["entry"] == i for i in range(len(arrays["labels"]))]
    rate, distortion = (np.array([arrays[name][own].mean() for own in members]) for name in ("rate", "distortion"))
    corners = hull(rate, distortion)
    axes.plot(rate[corners], distortion[corners], color=paper.MUTED, linewidth=1.0, label="convex hull")
    axes.plot(arrays["rate"], arrays["distortion"], ".", color=paper.PALETTE[0], markersize=3, label="run")
    axes.plot(rate, distortion, "o", color=paper.PALETTE[0], markersize=6, label="mean over seeds")
    for x, y, label in zip(rate, distortion, arrays["labels"], strict=True):
        axes.annotate(str(label), (x, y), (6, 5), textcoords="offset points", size=7, color=paper.INK)
    axes.set(xlabel="rate, nats per example", ylabel="distortion, nats per example")
    axes.legend(loc="upper right", fontsize=7)
    return figure


def hull(x: np.ndarray, y: np.ndarray) -> list[int]:
    """The corners of the lower convex hull of points as far as it falls, by rising x: indices.

    Where it rises again, points cost more in x and in y than the lowest one. (Andrew's monotone chain.)
    """
    corners: list[int] = []
    for i in np.lexsort((y, x)):
        while len(corners) > 1 and _turn(x, y, corners[-2], corners[-1], i) <= 0:
            corners.pop()
        corners.append(int(i))
    return corners[: 1 + min(range(len(corners)), key=lambda k: y[corners[k]])]


def _turn(x: np.ndarray, y: np.ndarray, a: int, b: int, c: int) -> float:
    """Above 0 where the way from a over b to c turns left."""
    return (x[b] - x[a]) * (y[c] - y[a]) - (y[b] - y[a]) * (x[c] - x[a])

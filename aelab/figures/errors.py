"""Where a model errs: events, what it rebuilds of them, and the squared error entry by entry."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import paper
from aelab.figures.tiles import tiles

WIDTH, HIGH, LOW, GAP = 250, 170, 110, 34  # pixels: of a panel, of its two parts, between panels


def errors(arrays: Mapping[str, np.ndarray]) -> Figure:
    """`originals`, `rebuilt` and `error` [n, *event], named by `names` [n].

    Series also have `mean_error` [n, time], what all events of that kind have on average.
    """
    return _series(arrays) if arrays["originals"].ndim == 3 else _images(arrays)


def _images(arrays: Mapping[str, np.ndarray]) -> Figure:
    """Three rows; errors are black at 1, the largest there is between values in [0, 1]."""
    shown = np.stack([arrays["originals"], np.clip(arrays["rebuilt"], 0, 1), 1 - np.sqrt(arrays["error"])])
    names = [str(name) for name in arrays["names"]]
    return tiles(shown, title="What was never seen is not rebuilt", rows=("event", "rebuilt", "|error|"), columns=names)


def _series(arrays: Mapping[str, np.ndarray]) -> Figure:
    count, left, top = len(arrays["originals"]), paper.MARGIN + 52, paper.MARGIN + 76
    figure = paper.sheet(left + count * (WIDTH + GAP) + paper.MARGIN, top + HIGH + LOW + GAP + 44 + paper.MARGIN)
    paper.title(figure, "Squared error, step by step", left)
    above = below = None
    for i in range(count):
        at = left + i * (WIDTH + GAP)
        above = _event(figure, at, top, arrays, i, above)
        below = _error(figure, at, top + HIGH + GAP, arrays, i, below)
    figure.axes[0].set_ylabel("standard deviations")
    figure.axes[1].set_ylabel("squared error")
    figure.axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1.14), ncols=2, borderaxespad=0, fontsize=7)
    figure.axes[1].legend(loc="upper left", borderaxespad=0, fontsize=7)
    return figure


def _event(figure: Figure, left: int, top: int, arrays, i: int, like):
    axes = paper.place(figure, left, top, WIDTH, HIGH)
    axes.plot(arrays["originals"][i, :, 0], color=paper.INK, linewidth=1.2, label="heartbeat")
    axes.plot(arrays["rebuilt"][i, :, 0], color=paper.PALETTE[0], linewidth=1.2, label="rebuilt")
    if like is not None:
        axes.sharey(like)
        axes.tick_params(labelleft=False)
    axes.set_title(str(arrays["names"][i]), loc="right", color=paper.INK, size=8)
    return axes


def _error(figure: Figure, left: int, top: int, arrays, i: int, like):
    axes = paper.place(figure, left, top, WIDTH, LOW)
    error = arrays["error"][i, :, 0]
    axes.fill_between(np.arange(len(error)), error, color=paper.PALETTE[2], alpha=0.35, linewidth=0, label="this one")
    axes.plot(arrays["mean_error"][i], color=paper.PALETTE[2], linewidth=1.0, label="mean of all")
    if like is not None:
        axes.sharey(like)
        axes.tick_params(labelleft=False)
    axes.set_xlabel("step")
    axes.set_ylim(0, np.quantile(arrays["error"], 0.99))  # a single spike would flatten all the rest
    return axes

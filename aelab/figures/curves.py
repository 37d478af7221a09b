"""How training went: the loss, its parts, and what else was recorded, step by step."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aelab.experiment.scores import NATS
from aelab.figures import paper
from aelab.runs import history

LEGEND = {"borderaxespad": 0.3, "borderpad": 0, "columnspacing": 1.2, "handletextpad": 0.5}
COLOURS = {"train": paper.PALETTE[0], "valid": paper.PALETTE[6]}  # by split
WIDTH, HEIGHT = 420, 340  # of a panel; pixels
ACROSS, DOWN = 3, 72  # panels in a row; pixels between rows, for the numbers and the name of an axis


def curves(arrays: Mapping[str, np.ndarray]) -> Figure:
    """A panel for the loss, for distortion and rate where there are any, and for whatever else was recorded.

    `<split>_step` and `<split>_<term>` are 1-D, for the splits train and valid; `unit_<term>` is the unit of a term
    other than the first three, which are in nats per example. `steps_per_epoch`, a number, makes the horizontal axis
    count epochs.
    """
    shown = history.terms(arrays)
    space, rows = 84, -(-len(shown) // ACROSS)  # pixels left of a panel
    width = min(len(shown), ACROSS) * (space + WIDTH) + 2 * paper.MARGIN
    figure = paper.sheet(width, rows * (HEIGHT + DOWN) + 56 + paper.MARGIN)
    paper.title(figure, "Training curves", paper.MARGIN + space)
    for i, term in enumerate(shown):
        row, column = divmod(i, ACROSS)
        left, top = paper.MARGIN + column * (space + WIDTH) + space, paper.MARGIN + 56 + row * (HEIGHT + DOWN)
        axes = paper.place(figure, left, top, WIDTH, HEIGHT)
        _panel(axes, term, arrays)
        axes.set_title(term, loc="left", color=paper.INK, size=8)
        unit = history.unit(arrays, term)
        if i == 0 or unit != NATS:
            axes.set_ylabel(unit)
    return figure


def _panel(axes: Axes, term: str, arrays: Mapping[str, np.ndarray]) -> None:
    lines = {split: history.line(arrays, split, term) for split in history.SPLITS}
    lines = {split: (x, y) for split, (x, y) in lines.items() if y.size}
    for split, (x, y) in lines.items():
        label = f"{history.SPLITS[split]} {y[-1]:.4g}".replace("-", "−")
        dots = "o" if len(x) <= 40 else ""
        axes.plot(x, y, color=COLOURS[split], linewidth=1.3, marker=dots, markersize=3, label=label)
    axes.set_xlabel("epoch" if "steps_per_epoch" in arrays else "step")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if lines:
        axes.set_ylim(*history.view([*lines.values()]))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=7, handlelength=1.2, **LEGEND)

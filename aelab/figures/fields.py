"""Scores against settings: a panel for each field of a sweep, a heat map of two, and lines across all."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aelab.figures import paper

Arrays = Mapping[str, np.ndarray]
WIDTH, HEIGHT, LEFT = 360, 300, 84  # pixels: of a panel, and left of it
CELL = 84


def fields(arrays: Arrays) -> Figure:
    """`mean`, `low`, `high` [entry] against each of `fields` [field], whose values `labels` [field, entry] name.

    The line joins the best entry of each value; bars are 95 % intervals over seeds. `score` is its name, `better` says
    higher or lower.
    """
    names = arrays["fields"]
    figure = paper.sheet(len(names) * (LEFT + WIDTH) + 2 * paper.MARGIN, HEIGHT + 116 + paper.MARGIN)
    paper.title(figure, f"{arrays['score']}, {arrays['better']} is better", paper.MARGIN + LEFT)
    for i, name in enumerate(names):
        axes = paper.place(figure, paper.MARGIN + i * (LEFT + WIDTH) + LEFT, paper.MARGIN + 48, WIDTH, HEIGHT)
        _panel(axes, arrays, i)
        axes.set_xlabel(str(name))
    return figure


def _panel(axes: Axes, arrays: Arrays, i: int) -> None:
    values, at = positions(arrays["labels"][i])
    mean, sides = arrays["mean"], np.abs(np.stack([arrays["low"], arrays["high"]]) - arrays["mean"])
    apart = [0.06 * np.sum(at[:k] == place) for k, place in enumerate(at)]  # entries of one value, side by side
    axes.errorbar(at + apart, mean, sides, fmt="o", color=paper.PALETTE[0], markersize=4, elinewidth=1.2, capsize=2.5)
    best = np.max if arrays["better"] == "higher" else np.min
    axes.plot(range(len(values)), [best(mean[at == k]) for k in range(len(values))], color=paper.PALETTE[0], alpha=0.5)
    axes.set_xticks(range(len(values)), values, rotation=0 if len("".join(values)) < 48 else 30)
    axes.set_xlim(-0.4, len(values) - 0.6)


def positions(labels: Sequence[str] | np.ndarray) -> tuple[list[str], np.ndarray]:
    """The values there are, numbers rising and words as they come, and the place of each label among them."""
    values = list(dict.fromkeys(map(str, labels)))
    numbers = [_number(value) for value in values]
    if not any(np.isnan(numbers)):
        values.sort(key=_number)
    return values, np.array([values.index(str(label)) for label in labels])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def heat(arrays: Arrays) -> Figure:
    """`mean` [entry] over two `fields` [2] with `labels` [2, entry]: the first goes down, the second across."""
    (rows, row), (columns, column) = (positions(labels) for labels in arrays["labels"])
    label = max(map(paper.text_width, rows))
    left, top = paper.MARGIN + label + 44, paper.MARGIN + 40
    title = f"{arrays['score']}, {arrays['better']} is better"
    width = max(CELL * len(columns), paper.text_width(title, **paper.TITLE))
    figure = paper.sheet(left + width + paper.MARGIN, top + CELL * len(rows) + 52 + paper.MARGIN)
    paper.title(figure, title, left)
    axes = paper.place(figure, left, top, CELL * len(columns), CELL * len(rows))
    grid = np.full((len(rows), len(columns)), np.nan)
    grid[row, column] = arrays["mean"]
    shade = _shades(grid, str(arrays["better"]))
    axes.imshow(shade, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(grid):
        if np.isfinite(value):
            ink = "white" if shade[i, j] > 0.55 else paper.INK
            axes.text(j, i, paper.number(value, 2), ha="center", va="center", color=ink, size=7)
    axes.grid(False)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=str(arrays["fields"][1]), ylabel=str(arrays["fields"][0]))
    return figure


def _shades(values: np.ndarray, better: str) -> np.ndarray:
    """0 for the worst, 0.85 for the best, by rank: one that went astray does not flatten the rest."""
    flat = values[np.isfinite(values)]
    ranks = np.searchsorted(np.unique(flat), values) / max(len(np.unique(flat)) - 1, 1)
    return np.where(np.isfinite(values), 0.85 * (ranks if better == "higher" else 1 - ranks), np.nan)


def parallel(arrays: Arrays) -> Figure:
    """A line an entry through its value of each of `fields` and its `mean`: the darker, the better."""
    names = [*map(str, arrays["fields"]), str(arrays["score"])]
    figure = paper.sheet(len(names) * 190 + 2 * paper.MARGIN, HEIGHT + 132 + paper.MARGIN)
    paper.title(figure, "Settings of each point, and its score", paper.MARGIN + 64)
    axes = paper.place(figure, paper.MARGIN + 64, paper.MARGIN + 48, (len(names) - 1) * 190, HEIGHT)
    placed = [positions(labels) for labels in arrays["labels"]]
    mean = arrays["mean"]
    span = max(float(np.ptp(mean)), 1e-12)
    heights = [at / max(len(values) - 1, 1) for values, at in placed] + [(mean - mean.min()) / span]
    shades = _shades(mean, str(arrays["better"]))
    for k in np.argsort(shades, kind="stable"):
        axes.plot([h[k] for h in heights], color=colormaps["Blues"](0.15 + shades[k]), linewidth=1.4)
    for i, (values, _) in enumerate(placed):
        for j, value in enumerate(values):
            axes.text(i - 0.03, j / max(len(values) - 1, 1), value, ha="right", va="center", size=7)
    for value in (mean.min(), mean.max()):
        at = (value - mean.min()) / span
        axes.text(len(names) - 0.97, at, paper.number(value, 2), ha="left", va="center", size=7)
    axes.set_xticks(range(len(names)), names)
    axes.set(yticks=[], ylim=(-0.05, 1.05), xlim=(0, len(names) - 1))
    axes.spines["left"].set_visible(False)
    return figure

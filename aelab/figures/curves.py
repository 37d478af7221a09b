"""How training went: the loss and its parts, step by step."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aelab.figures import paper

LEGEND = {"borderaxespad": 0.3, "borderpad": 0, "columnspacing": 1.2, "handletextpad": 0.5}
TERMS = ("loss", "distortion", "rate")
SPLITS = {"train": ("train", paper.PALETTE[0]), "valid": ("validation", paper.PALETTE[6])}
WIDTH, HEIGHT = 420, 340  # of a panel; pixels


def gather(rows: Iterable[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """The arrays of the curves from the rows of metrics.jsonl: by split, and only terms that every row of it has."""
    rows, arrays = list(rows), {}
    for key, (split, _) in SPLITS.items():
        own = [row for row in rows if row.get("split") == split and "loss" in row]
        arrays[f"{key}_step"] = np.array([row["step"] for row in own], np.int64)
        for term in TERMS:
            if all(term in row for row in own):
                arrays[f"{key}_{term}"] = np.array([row[term] for row in own], np.float64)
    per_epoch = next((row["step"] / row["epoch"] for row in rows if row.get("epoch")), None)
    return arrays if per_epoch is None else {**arrays, "steps_per_epoch": np.array(per_epoch)}


def curves(arrays: Mapping[str, np.ndarray]) -> Figure:
    """A panel for the loss, and for distortion and rate where there are any; nats per example.

    `<split>_step` and `<split>_<term>` are 1-D, for the splits train and valid; `steps_per_epoch`, a number, makes the
    horizontal axis count epochs.
    """
    terms = [term for term in TERMS if any(_news(arrays, split, term) for split in SPLITS)]
    space = 84  # pixels left of a panel
    figure = paper.sheet(len(terms) * (space + WIDTH) + 2 * paper.MARGIN, HEIGHT + 128 + paper.MARGIN)
    paper.title(figure, "Training curves", paper.MARGIN + space)
    for i, term in enumerate(terms):
        axes = paper.place(figure, paper.MARGIN + i * (space + WIDTH) + space, paper.MARGIN + 56, WIDTH, HEIGHT)
        _panel(axes, term, arrays)
        axes.set_title(term, loc="left", color=paper.INK, size=8)
    figure.axes[0].set_ylabel("nats per example")
    return figure


def _news(arrays: Mapping[str, np.ndarray], split: str, term: str) -> bool:
    """Whether a term says what the loss does not: a plain autoencoder's distortion is its loss."""
    values = arrays.get(f"{split}_{term}")
    return values is not None and (term == "loss" or not np.array_equal(values, arrays[f"{split}_loss"]))


def _panel(axes: Axes, term: str, arrays: Mapping[str, np.ndarray]) -> None:
    scale = 1 / float(arrays.get("steps_per_epoch", 1))
    shown = {split: style for split, style in SPLITS.items() if arrays.get(f"{split}_{term}", np.zeros(0)).size}
    for split, (label, colour) in shown.items():
        x, y = arrays[f"{split}_step"] * scale, arrays[f"{split}_{term}"]
        dots = "o" if len(x) <= 40 else ""
        axes.plot(
            x, y, color=colour, linewidth=1.3, marker=dots, markersize=3, label=f"{label} {y[-1]:.4g}".replace("-", "−")
        )
    axes.set_xlabel("epoch" if "steps_per_epoch" in arrays else "step")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if shown:
        axes.set_ylim(*_view([(arrays[f"{split}_step"], arrays[f"{split}_{term}"]) for split in shown]))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=7, handlelength=1.2, **LEGEND)


def _view(lines: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Lower and upper end that leave out the plunge of the first twentieth, which would flatten all the rest."""
    start = 0.05 * max(step.max() for step, _ in lines)
    late = np.concatenate([value[(step >= start) | (len(step) < 20)] for step, value in lines])
    finite = late[np.isfinite(late)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.5
    return float(low - room), float(high + room)

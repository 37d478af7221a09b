"""How training went: the loss, its parts, and what else was recorded, step by step."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aelab.experiment.scores import NATS, Score, find
from aelab.figures import paper

LEGEND = {"borderaxespad": 0.3, "borderpad": 0, "columnspacing": 1.2, "handletextpad": 0.5}
TERMS = ("loss", "distortion", "rate")
SPLITS = {"train": ("train", paper.PALETTE[0]), "valid": ("validation", paper.PALETTE[6])}
HEAD = ("step", "epoch", "split")
WIDTH, HEIGHT = 420, 340  # of a panel; pixels
ACROSS, DOWN = 3, 72  # panels in a row; pixels between rows, for the numbers and the name of an axis


def gather(rows: Iterable[Mapping[str, Any]], own: Sequence[Score] = ()) -> dict[str, np.ndarray]:
    """The arrays of the curves from the rows of metrics.jsonl: by split, and only terms that every row of it has.

    `own` are the scores that the experiment adds: a number of that name has its unit, others of validation alone none.
    """
    rows, arrays = list(rows), {}
    further = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in (*TERMS, *HEAD)]
    for key, (split, _) in SPLITS.items():
        mine = [row for row in rows if row.get("split") == split and "loss" in row]
        arrays[f"{key}_step"] = np.array([row["step"] for row in mine], np.int64)
        for term in (*TERMS, *further):
            if all(term in row for row in mine):
                arrays[f"{key}_{term}"] = np.array([row[term] for row in mine], np.float64)
    trained = {name for row in rows if row.get("split") == "train" for name in row}
    for name in further:  # terms of objectives, which are trained, are in nats
        arrays[f"unit_{name}"] = np.array(find(name, own).unit or (NATS if name in trained else ""))
    per_epoch = next((row["step"] / row["epoch"] for row in rows if row.get("epoch")), None)
    return arrays if per_epoch is None else {**arrays, "steps_per_epoch": np.array(per_epoch)}


def curves(arrays: Mapping[str, np.ndarray]) -> Figure:
    """A panel for the loss, for distortion and rate where there are any, and for whatever else was recorded.

    `<split>_step` and `<split>_<term>` are 1-D, for the splits train and valid; `unit_<term>` is the unit of a term
    other than the first three, which are in nats per example. `steps_per_epoch`, a number, makes the horizontal axis
    count epochs.
    """
    further = [name.removeprefix("unit_") for name in arrays if name.startswith("unit_")]
    terms = [term for term in (*TERMS, *further) if any(_news(arrays, split, term) for split in SPLITS)]
    space, rows = 84, -(-len(terms) // ACROSS)  # pixels left of a panel
    width = min(len(terms), ACROSS) * (space + WIDTH) + 2 * paper.MARGIN
    figure = paper.sheet(width, rows * (HEIGHT + DOWN) + 56 + paper.MARGIN)
    paper.title(figure, "Training curves", paper.MARGIN + space)
    for i, term in enumerate(terms):
        row, column = divmod(i, ACROSS)
        left, top = paper.MARGIN + column * (space + WIDTH) + space, paper.MARGIN + 56 + row * (HEIGHT + DOWN)
        axes = paper.place(figure, left, top, WIDTH, HEIGHT)
        _panel(axes, term, arrays)
        axes.set_title(term, loc="left", color=paper.INK, size=8)
        unit = str(arrays.get(f"unit_{term}", NATS))
        if i == 0 or unit != NATS:
            axes.set_ylabel(unit)
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

"""How training went, as arrays: the loss, its parts, and what else was recorded, step by step."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from aelab.experiment.scores import NATS, Score, find

TERMS = ("loss", "distortion", "rate")
SPLITS = {"train": "train", "valid": "validation"}  # by the name in arrays, the name in rows
HEAD = ("step", "epoch", "split")


def gather(rows: Iterable[Mapping[str, Any]], own: Sequence[Score] = ()) -> dict[str, np.ndarray]:
    """The arrays of the curves from the rows of metrics.jsonl: by split, and only terms that every row of it has.

    `own` are the scores that the experiment adds: a number of that name has its unit, others of validation alone none.
    """
    rows, arrays = list(rows), {}
    further = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in (*TERMS, *HEAD)]
    for key, split in SPLITS.items():
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


def terms(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """The terms that say something, in order: the loss, distortion and rate where there are any, and whatever else."""
    further = [name.removeprefix("unit_") for name in arrays if name.startswith("unit_")]
    return [term for term in (*TERMS, *further) if any(_news(arrays, split, term) for split in SPLITS)]


def unit(arrays: Mapping[str, np.ndarray], term: str) -> str:
    """The unit of a term; "" where it has none."""
    return str(arrays.get(f"unit_{term}", NATS))


def line(arrays: Mapping[str, np.ndarray], split: str, term: str) -> tuple[np.ndarray, np.ndarray]:
    """Epochs, or steps where epochs are not known, and the values of a term there; both empty where there are none."""
    values = arrays.get(f"{split}_{term}", np.zeros(0))
    steps = arrays.get(f"{split}_step", np.zeros(0))[: len(values)]
    return steps / float(arrays.get("steps_per_epoch", 1)), values


def _news(arrays: Mapping[str, np.ndarray], split: str, term: str) -> bool:
    """Whether a term says what the loss does not: a plain autoencoder's distortion is its loss."""
    values = arrays.get(f"{split}_{term}")
    return values is not None and (term == "loss" or not np.array_equal(values, arrays[f"{split}_loss"]))


def view(lines: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Lower and upper end that leave out the plunge of the first twentieth, which would flatten all the rest."""
    start = 0.05 * max(step.max() for step, _ in lines)
    late = np.concatenate([value[(step >= start) | (len(step) < 20)] for step, value in lines])
    finite = late[np.isfinite(late)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.5
    return float(low - room), float(high + room)

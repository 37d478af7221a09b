"""Trouble said in words: what went wrong in a run, and the setting that helps."""

from collections.abc import Mapping, Sequence
from typing import Any


def trouble(scores: Mapping[str, float], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each thing wrong with a finished run, from its test scores and the rows of its metrics."""
    return [*_collapse(scores), *_overfitting(rows)]


def _collapse(scores: Mapping[str, float]) -> list[str]:
    rate, active = scores.get("test/rate"), scores.get("test/active_units")
    if rate is not None and (rate < 1 or active == 0):
        return [
            f"posterior collapse: the code carries {rate:.2f} nats and {active or 0:.0f} of its numbers vary, so the "
            "decoder ignores it; try a smaller --beta or a --beta-warmup of some epochs"
        ]
    return []


def _overfitting(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    valid = [(row["epoch"], row["loss"]) for row in rows if row["split"] == "validation"]
    train = [row["loss"] for row in rows if row["split"] == "train"]
    if len(valid) < 3 or not train:
        return []
    best_epoch, best = min(valid, key=lambda pair: pair[1])
    last = valid[-1][1]
    gap = last - train[-1]
    if last - best > 0.02 * abs(best) and gap > 0.05 * abs(train[-1]):
        return [
            f"overfitting: the validation loss was best at epoch {best_epoch:g} ({best:.2f} nats) and ended at "
            f"{last:.2f}, {gap:.2f} above training; try --patience 3, --weight-decay 1e-4, a smaller net or more data"
        ]
    return []

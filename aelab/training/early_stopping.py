"""Early stopping: the best validation loss so far, and when to wait no longer for a better one."""

from collections.abc import Mapping, Sequence
from typing import Any


def best(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The row of the lowest validation loss, the earliest of equal ones."""
    return min((row for row in rows if row["split"] == "validation"), key=lambda row: row["loss"])


def out_of_patience(rows: Sequence[Mapping[str, Any]], patience: int) -> bool:
    """Whether the last `patience` validation losses are no better than the best before them; never for 0."""
    losses = [row["loss"] for row in rows if row["split"] == "validation"]
    return 0 < patience < len(losses) and min(losses[-patience:]) >= min(losses[:-patience])

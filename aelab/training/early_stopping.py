"""Early stopping: the best validation loss so far, and when to wait no longer for a better one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Patience(NamedTuple):
    """How long to wait for a better validation loss."""

    evaluations: int = 0  # that must have brought something; 0 waits for ever
    least: int = 0  # steps before which nothing ends
    gain: float = 0.0  # what they must have brought, as a share of what all evaluations since the first have brought


def best(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The row of the lowest validation loss, the earliest of equal ones."""
    return min((row for row in rows if row["split"] == "validation"), key=lambda row: row["loss"])


def out_of_patience(rows: Sequence[Mapping[str, Any]], patience: int | Patience) -> bool:
    """Whether the last validation losses are no better than the best before them, or hardly; a number counts them.

    With a `gain`, they are hardly better where

        best before - best of the last <= gain * (first - best of all).

    This ratio stays the same if a constant is added to all losses or multiplies them, so it asks for no scale.
    """
    wait, least, gain = patience if isinstance(patience, Patience) else Patience(patience)
    found = [row for row in rows if row["split"] == "validation"]
    losses = [row["loss"] for row in found]
    if not 0 < wait < len(losses) or (least and found[-1]["step"] < least):
        return False
    return min(losses[:-wait]) - min(losses[-wait:]) <= gain * (losses[0] - min(losses))

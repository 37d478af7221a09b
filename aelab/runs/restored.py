"""What comes back from a checkpoint, what says that it can be trusted, and the newest step of which that is true."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aelab.errors import CheckpointError
from aelab.runs.digests import first_difference, json_digest
from aelab.training.state import State


class Restored(NamedTuple):
    """A verified step: its state and the record saved with it."""

    step: int
    state: State
    record: dict[str, Any]


def sealed(digests: Mapping[str, str], record: Mapping[str, Any]) -> dict[str, Any]:
    """What is saved beside a state: the digests of its leaves and its record, and the sha256 of both."""
    both = {"digests": dict(digests), "record": dict(record)}
    return {**both, "sha256": json_digest(both)}


def require_digests(found: Mapping[str, str], record: Mapping[str, Any]) -> None:
    """Hold the digests of the leaves that were found against those of a sealed record.

    Raises:
        ValueError: a leaf has another one; names it.
    """
    if wrong := first_difference(found, record["digests"]):
        raise ValueError(f"{wrong} does not match its sha256")


def newest_good(
    folder: Path,
    steps: Sequence[int],
    read: Callable[[int], Restored | str],
    put_aside: Callable[[int], object] | None,
    warn: Callable[[str], object],
) -> Restored | None:
    """The last of the steps that can be trusted, None where there is none at all; `read` gives it or what is wrong.

    Raises:
        CheckpointError: there are steps, and none can be trusted.
    """
    for step in reversed(steps):
        found = read(step)
        if isinstance(found, Restored):
            return found
        warn(f"{folder / str(step)}: damaged, {'put aside' if put_aside else 'passed over'} ({found})")
        if put_aside:
            put_aside(step)
    if steps:
        raise CheckpointError(
            f"{folder}: none of the steps {steps} can be trusted; restore them, or start afresh without them"
        )
    return None

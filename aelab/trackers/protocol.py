"""What a tracker does: the seam for programs that show runs while they train, beside the files of the run folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

PROJECT = "aelab"  # under which all runs stand


class About(NamedTuple):
    """What a tracker is told of a run before its first row."""

    name: str  # of its folder
    identity: str  # of its own, for ever: a run that is gone on with is the same tracked run
    folder: Path  # where a tracker may keep files
    settings: Mapping[str, Any]  # as config.json has them


class Tracker(Protocol):
    """Three methods, called from one thread and in this order: rows, the end of a run that is done, and closing."""

    def row(self, values: Mapping[str, float], step: int) -> None:
        """Numbers by name, as `validation/loss`, behind a step; a resumed run may give a step again, with the same."""
        ...

    def end(self, scores: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        """The scores of the held-out splits, and the PNG files of the run by name."""
        ...

    def close(self) -> None:
        """Nothing more comes from this process; another may go on with the run."""
        ...

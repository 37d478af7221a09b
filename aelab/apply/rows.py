"""What each row of the results of `aelab apply` is called: by the file that it is from, and its class."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aelab.apply.given import Given


class Rows(NamedTuple):
    """What is known of each row of the results, None where nothing is."""

    files: Sequence[str] | None = None
    label: Sequence[str] | None = None

    def columns(self) -> dict[str, np.ndarray]:
        """As arrays of text by name."""
        return {
            name: np.array(values)
            for name, values in zip(("filename", "label"), self, strict=True)
            if values is not None
        }


def rows_of(task: str, given: Given | None, numbers: int) -> Rows:
    """The rows of a task's results; a traversal has `numbers` of them for each event, 0 if unknown."""
    if given is None:
        return Rows()
    files, count = given.files, given.events
    if task == "interpolate":
        pairs = [(i, i + 1) for i in range(0, count - 1, 2)]
        return Rows(None if files is None else [f"{files[a]} to {Path(files[b]).name}" for a, b in pairs])
    if task == "traverse":
        return Rows(
            None if files is None or not numbers else [f"{name} number {i}" for name in files for i in range(numbers)]
        )
    return Rows(files, None if given.label is None else given.label.tolist())

"""One sweep from where it stands to its end."""

import dataclasses
from collections.abc import Callable
from typing import Any

from aelab import data
from aelab.data import DataOptions, Splits
from aelab.errors import AelabError, Preempted, SweepError
from aelab.runs.same_data import require_same_data
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point
from aelab.sweeps.record import Record

Drive = Callable[[list[Point], Record, Board], None]  # brings the points to their end


def finish(record: Record, drive: Drive, *, total: int, workers: int = 1, score: str = "") -> dict[str, Any]:
    """Run what is not done yet, of `total` points, and keep the table; gives it.

    Raises:
        ConfigError: the data of a finished run has changed.
        LockedError: another process runs this sweep.
        Preempted: asked to stop; the table says how far it came.
    """
    with record.folder.locked():
        same = SameData()
        todo = [point for point in record.plan.points if not _done(record, point, same)]
        record.write()
        try:
            with Board(total, len(record.plan.points) - len(todo), workers, score) as board:
                drive(todo, record, board)
        finally:
            table = record.write()
    return table


class SameData:
    """Holds the data of finished runs against what is there now; each set is read once."""

    def __init__(self):
        self._read: dict[DataOptions, Splits] = {}

    def require(self, point: Point) -> None:
        """
        Raises:
            ConfigError: the data is no longer what the run was made from.
        """
        named = {field.name: getattr(point.config, field.name) for field in dataclasses.fields(DataOptions)}
        options = DataOptions(**named)
        if options not in self._read:
            self._read[options] = data.load(options)
        require_same_data(point.run, self._read[options])


def _done(record: Record, point: Point, same: SameData) -> bool:
    """Whether the run of a point is finished, from the data that is there now; then its marker is there too."""
    if point.run.finished:
        same.require(point)
        record.end(point)
        return True
    return False


def verdict(table: dict[str, Any], *, timed: bool = False) -> AelabError | None:
    """What the exit code says: all done, some failed, or some stopped from outside; None where time was to end it."""
    points = table["points"]
    if failed := [point for point in points if point["state"] == "failed"]:
        first = f"{failed[0]['name']}: {failed[0]['reason']}"
        return SweepError(f"{len(failed)} of {len(points)} points failed; the first, {first}")
    states = {point["state"] for point in points}
    if "preempted" in states or ("waiting" in states and not timed):
        return Preempted("some points were stopped; the same command goes on")
    return None

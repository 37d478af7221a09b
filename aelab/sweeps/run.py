"""One sweep from where it stands to its end."""

from collections.abc import Callable
from typing import Any

from aelab.errors import AelabError, Preempted, SweepError
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point
from aelab.sweeps.record import Record

Drive = Callable[[list[Point], Record, Board], None]  # brings the points to their end


def finish(record: Record, drive: Drive, *, total: int, workers: int = 1, score: str = "") -> dict[str, Any]:
    """Run what is not done yet, of `total` points, and keep the table; gives it.

    Raises:
        LockedError: another process runs this sweep.
        Preempted: asked to stop; the table says how far it came.
    """
    with record.folder.locked():
        todo = [point for point in record.plan.points if not _done(record, point)]
        record.write()
        try:
            with Board(total, len(record.plan.points) - len(todo), workers, score) as board:
                drive(todo, record, board)
        finally:
            table = record.write()
    return table


def _done(record: Record, point: Point) -> bool:
    """Whether the run of a point is finished; then its marker is there too."""
    if point.run.finished:
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

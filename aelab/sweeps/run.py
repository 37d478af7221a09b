"""One sweep from where it stands to its end."""

from typing import Any

from aelab.errors import AelabError, Preempted, SweepError
from aelab.sweeps import populations, processes
from aelab.sweeps.board import Board
from aelab.sweeps.record import Record


def finish(record: Record, *, workers: int = 1, population: int = 0, score: str = "") -> dict[str, Any]:
    """Run what is not done yet and keep the table; gives it.

    Raises:
        LockedError: another process runs this sweep.
        Preempted: asked to stop; the table says how far it came.
    """
    points = record.plan.points
    with record.folder.locked():
        todo = [point for point in points if not _done(record, point)]
        record.write()
        try:
            with Board(len(points), len(points) - len(todo), workers, score) as board:
                if population:
                    populations.run(record.plan, todo, record, board, population)
                else:
                    processes.run(todo, record, board, workers)
        finally:
            table = record.write()
    return table


def _done(record: Record, point: Any) -> bool:
    """Whether the run of a point is finished; then its marker is there too."""
    if point.run.finished:
        record.end(point)
        return True
    return False


def verdict(table: dict[str, Any]) -> AelabError | None:
    """What the exit code of a sweep says: all done, some failed, or some stopped from outside."""
    states = [row["state"] for row in table["points"]]
    if failed := [row for row in table["points"] if row["state"] == "failed"]:
        return SweepError(f"{len(failed)} of {len(states)} points failed; the first, {failed[0]['name']}: "
                          f"{failed[0]['reason']}")  # fmt: skip
    if "preempted" in states or "waiting" in states:
        return Preempted("some points were stopped; the same command goes on")
    return None

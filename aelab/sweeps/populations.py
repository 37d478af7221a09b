"""Points of a sweep as populations: those that differ in traced numbers alone train together in one program."""

import time
from collections.abc import Iterator

from aelab.errors import AelabError, Preempted
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point
from aelab.sweeps.record import Record


def run(points: list[Point], record: Record, board: Board, *, most: int, deadline: float) -> None:
    """Bring all points to their end, at most `most` members a program; what fails leaves the others alone.

    Behind the deadline, in seconds of the monotonic clock, no more programs are started.

    Raises:
        Preempted: asked to stop; all members are saved.
    """
    from aelab.runner import population

    script = record.plan.script
    for members in programs(points, most):
        if time.monotonic() > deadline:
            return
        for point in members:
            board.started(point)
        try:
            found = population.train(script.name, [point.config for point in members], script.build)
        except Preempted as error:
            for point in members:
                record.end(point, *((0,) if point.run.finished else (error.code, str(error))))
            raise
        except AelabError as error:  # of the whole program: data that is missing, a net that does not fit
            found = [error] * len(members)
        for point, error in zip(members, found, strict=True):
            record.end(point, error.code if error else 0, str(error or ""))
            board.ended(point, record.row(point))
        if any(isinstance(error, Preempted) for error in found):
            raise Preempted("stopped; the same command goes on")


def programs(points: list[Point], most: int) -> Iterator[list[Point]]:
    """Points that can train together, at most so many at a time."""
    from aelab.runner import population

    for group in population.groups([point.config for point in points]):
        for start in range(0, len(group), most):
            yield [points[i] for i in group[start : start + most]]

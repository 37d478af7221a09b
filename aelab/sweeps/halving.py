"""Successive halving: many points for few epochs, the better ones for more (Jamieson and Talwalkar 2016,
arXiv:1502.07943; as rungs, Li et al. 2020, arXiv:1810.05934).

A run keeps its name and its schedules over all rungs: `--until` stops it as if more were to come, and the next rung
goes on with it. Rungs wait for all of their points, so that results depend neither on workers nor on kills.
"""

import math
from collections.abc import Iterator

from aelab.config.automatic import AUTO
from aelab.errors import ConfigError, Preempted
from aelab.experiment.scores import find, usual
from aelab.sweeps import processes
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point
from aelab.sweeps.record import Record, own_scores

SHARE = 3  # one of so many points goes on from a rung, with so many times the epochs


def rungs(epochs: int) -> list[int]:
    """Epochs of the rungs below the last."""
    found = []
    while epochs // SHARE >= 1:
        epochs //= SHARE
        found.append(epochs)
    return found[::-1]


def run(points: list[Point], record: Record, board: Board, *, workers: int, deadline: float, score: str) -> None:
    """Bring the points through the rungs, the best of them to their end.

    Raises:
        Preempted: asked to stop, or out of time.
        ConfigError: the points do not train for equally many epochs, or choose them.
    """
    if len(counts := {point.config.epochs for point in points}) > 1 or AUTO in counts:
        raise ConfigError("epochs: halving shares out the epochs itself; give one number")
    alive = list(points)
    for epochs in rungs(int(points[0].config.epochs) if points else 0):
        waiting = [point for point in alive if not point.run.finished and value(point, epochs, score) is None]
        processes.run(waiting, record, board, workers, deadline=deadline, epochs=epochs)
        alive = list(_best(alive, epochs, record, board, score))
    processes.run([point for point in alive if not point.run.finished], record, board, workers, deadline=deadline)


def _best(points: list[Point], epochs: int, record: Record, board: Board, score: str) -> Iterator[Point]:
    """The points that go on, and a word on those that do not; failed ones have ended already."""
    values = {point.name: value(point, epochs, score) for point in points if not record.failed(point)}
    found = {name: reached for name, reached in values.items() if reached is not None}
    if lost := len(values) - len(found):
        raise Preempted(f"{lost} points have not come to epoch {epochs}; the same command goes on")
    ranked = sorted((point for point in points if point.name in found), key=lambda point: found[point.name])
    keep = max(1, math.ceil(len(ranked) / SHARE))
    yield from ranked[:keep]
    for place, point in enumerate(ranked[keep:], keep + 1):
        record.drop(point, f"epoch {epochs}: number {place} of {len(ranked)}")
        board.dropped(point, record.row(point))


def value(point: Point, epochs: int, score: str) -> float | None:
    """What a run came to on validation data at an epoch, less is better; None where it has not come so far.

    Of a score of the end, this is its like among the terms that training reports: the ELBO is −(distortion + rate).

    Raises:
        ConfigError: the score is one of the experiment's own, and its runs do not report it while they train.
    """
    rows = point.run.rows()
    row = next((row for row in rows if row["split"] == "validation" and row["epoch"] == epochs), None)
    if row is None:
        return None
    asked = find(score, own_scores(point))
    if asked.name in row:
        return -row[asked.name] if asked.direction == "higher" else row[asked.name]
    if not usual(score):
        raise ConfigError(
            f"--score {score}: halving goes by validation, and its rows have no {asked.name}; let the experiment's "
            "after_validation give it under that name"
        )
    bound = "rate" in row and (asked.direction == "higher" or asked.codes == "random")
    return row["distortion"] + row["rate"] if bound else row["loss"]

"""Points as processes, so many at a time: each is one launch, and what happens to it happens to no other."""

import contextlib
import math
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aelab.errors import LockedError, Preempted
from aelab.runner import parent_process
from aelab.runner.stop import StopRequest
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point
from aelab.sweeps.record import Record

PAUSE = 0.05  # seconds between looks at the children
BUSY = 1.0  # seconds until a folder that another process uses is looked at again


class Child(NamedTuple):
    """A point under way."""

    point: Point
    process: subprocess.Popen


class Queue:
    """Points to come, asked for one at a time: those whose folder another process is writing have to wait.

    The children of a killed sweep may still be saving.
    """

    def __init__(self, points: Iterable[Point]):
        self.source, self.held = iter(points), deque[Point]()

    def next(self) -> Point | None:
        """The next point that is free to run, None where there is none now."""
        for point in self._all():
            if not point.run.in_use:
                return point
            self.held.append(point)
        return None

    def _all(self) -> Iterator[Point]:
        for _ in range(len(self.held)):
            yield self.held.popleft()
        while point := next(self.source, None):  # `yield from` would close the source with this generator
            yield point


def run(
    points: Iterable[Point], record: Record, board: Board, workers: int, *, deadline: float = math.inf, epochs: int = 0
) -> None:
    """Bring points to their end, or to an epoch; one that fails leaves the others alone.

    A first signal asks the children to save and stop, a second SIGINT stops them at once. Behind the deadline, in
    seconds of the monotonic clock, no more points are started.

    Raises:
        Preempted: asked to stop; all children have.
        KeyboardInterrupt: the second signal.
    """
    queue, children, signalled = Queue(points), list[Child](), False
    with StopRequest() as stop, parent_process.killing(lambda: _send(children, signal.SIGKILL)):
        while True:
            late = stop() or time.monotonic() > deadline
            while not late and len(children) < workers and (point := queue.next()):
                children.append(_start(point, record, epochs))
                board.started(point)
            if not children and (late or not queue.held):
                break
            if stop() and not signalled:
                _send(children, signal.SIGTERM)
                signalled = True
            for child in [child for child in children if child.process.poll() is not None]:
                children.remove(child)
                _end(child, record, board, queue, stopping=stop(), epochs=epochs)
            board.tick()
            time.sleep(PAUSE if children else BUSY if queue.held else 0)
    if stop():
        raise Preempted("stopped; the same command goes on")


def _start(point: Point, record: Record, epochs: int) -> Child:
    """A session of its own: Ctrl-C reaches it through us alone."""
    until = ["--until", str(epochs)] if epochs else []
    with record.log(point).open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *point.command, *until],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=parent_process.child_environment(),
        )
    return Child(point, process)


def _send(children: list[Child], number: int) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(number)


def _end(child: Child, record: Record, board: Board, queue: Queue, *, stopping: bool, epochs: int) -> None:
    """Note how a child ended; one that found its folder in use has its turn again."""
    point, code = child.point, child.process.returncode
    if code == LockedError.code:
        queue.held.append(point)
        return
    if code == 0 and epochs and not point.run.finished:
        return board.paused(point, epochs)
    if stopping and code < 0:
        code = Preempted.code  # it was asked before it could listen
    record.end(point, code, _reason(record, point, code) if code else "")
    board.ended(point, record.row(point))


def _reason(record: Record, point: Point, code: int) -> str:
    """The one line in which a point said what went wrong."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}; with SIGKILL, memory may have run out: use fewer --workers"
    return said_last(record, point) or f"ended with code {code}; see {record.log(point)}"


def said_last(record: Record, point: Point) -> str:
    """The last error in what a point's process said; "" where there is none."""
    log = record.log(point)
    said = log.read_text(errors="replace").splitlines() if log.exists() else []
    errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    return errors[-1] if errors else ""

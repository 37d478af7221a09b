"""Points as processes, so many at a time: each is one launch, and what happens to it happens to no other."""

import contextlib
import ctypes
import signal
import subprocess
import sys
import time
from collections import deque
from typing import NamedTuple

from aelab.console import StopRequest
from aelab.errors import LockedError, Preempted
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point
from aelab.sweeps.record import PREEMPTED, Record

PAUSE = 0.05  # seconds between looks at the children
BUSY = 1.0  # seconds until a folder that another process uses is looked at again
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


class Child(NamedTuple):
    """A point under way."""

    point: Point
    process: subprocess.Popen


def run(points: list[Point], record: Record, board: Board, workers: int) -> None:
    """Bring all points to their end; one that fails leaves the others alone.

    A first signal asks the children to save and stop, a second SIGINT stops them at once.

    Raises:
        KeyboardInterrupt: the second one.
    """
    waiting, children = deque(points), list[Child]()
    with StopRequest() as stop:
        asked = False
        try:
            while children or (waiting and not stop()):
                while not stop() and len(children) < workers and (point := _free(waiting)):
                    children.append(_start(point, record))
                    board.started(point)
                if stop() and not asked:
                    asked = True
                    _ask(children, signal.SIGTERM)
                for child in [child for child in children if child.process.poll() is not None]:
                    children.remove(child)
                    _end(child, record, board, waiting, stop())
                board.tick()
                time.sleep(PAUSE if children else BUSY if waiting else 0)
        except BaseException:
            _ask(children, signal.SIGKILL)  # nothing is lost but what was not saved
            raise
    if stop():
        raise Preempted("stopped; the same command goes on")


def _free(waiting: deque[Point]) -> Point | None:
    """The next point whose folder no other process is writing: children of a killed sweep may still be at it."""
    for point in waiting:
        if not point.run.in_use:
            waiting.remove(point)
            return point
    return None


def _start(point: Point, record: Record) -> Child:
    """A session of its own: Ctrl-C reaches it through us alone."""
    with record.log(point).open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *point.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_stop_with_parent if sys.platform == "linux" else None,
        )
    return Child(point, process)


def _stop_with_parent() -> None:
    """The kernel asks the child to save and stop when the sweep is killed."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _ask(children: list[Child], number: int) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(number)


def _end(child: Child, record: Record, board: Board, waiting: deque[Point], stopping: bool) -> None:
    """Note how a child ended; one that found its folder in use has its turn again."""
    point, code = child.point, child.process.returncode
    if code == LockedError.code:
        waiting.append(point)
        return
    if stopping and code < 0:
        code = PREEMPTED  # it was asked before it could listen
    record.end(point, code, _reason(record, point, code) if code else "")
    board.ended(point, record.row(point))


def _reason(record: Record, point: Point, code: int) -> str:
    """The one line in which a point said what went wrong."""
    said = record.log(point).read_text(errors="replace").splitlines()
    errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    if code < 0:
        return f"killed by {signal.Signals(-code).name}; with SIGKILL, memory may have run out: use fewer --workers"
    return errors[-1] if errors else f"ended with code {code}; see {record.log(point)}"

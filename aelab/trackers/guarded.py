"""A tracker that can neither fail a run nor hold it up: it works in a thread of its own, and is dropped if it errs."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from aelab.trackers.protocol import Tracker

PATIENCE = 60.0  # seconds that one call may take while a run trains
PARTING = 30.0  # seconds that a run waits at its end for what is still to be sent
WAITING = 10_000  # calls that may wait


class Guarded:
    """The tracker that `make` gives, whose calls wait in a queue. `say` is told, once, if it is dropped.

    A tracker is dropped when it raises, when a call of it takes longer than `patience` seconds, or when it has not done
    all that was asked of it `parting` seconds after `close`. Its thread ends with the process.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Tracker],
        say: Callable[[str], object],
        *,
        patience: float = PATIENCE,
        parting: float = PARTING,
    ):
        self.name, self.say, self.patience, self.parting = name, say, patience, parting
        self._calls: queue.Queue[Callable[[Tracker], object] | None] = queue.Queue(WAITING)
        self._since, self._error, self._dropped = time.monotonic(), "", False
        self._thread = threading.Thread(target=self._work, args=(make,), name=f"tracker {name}", daemon=True)
        self._thread.start()

    def row(self, values: Mapping[str, float], step: int) -> None:
        own = dict(values)
        self._ask(lambda tracker: tracker.row(own, step))

    def end(self, scores: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        own = dict(scores), dict(pictures)
        self._ask(lambda tracker: tracker.end(*own))

    def close(self) -> None:
        self._ask(lambda tracker: tracker.close())
        self._ask(None)
        if not self._dropped:
            self._thread.join(self.parting)
            self._judge(late=self._thread.is_alive(), after=self.parting)

    def _work(self, make: Callable[[], Tracker]) -> None:
        try:
            tracker = make()
            while call := self._next():
                call(tracker)
        except BaseException as error:  # whatever a library raises, SystemExit too, is no business of the run
            said = str(error).strip().partition("\n")[0]
            self._error = f"{type(error).__name__}: {said}"[:200]

    def _next(self) -> Callable[[Tracker], object] | None:
        self._since = float("inf")  # nothing is under way
        call = self._calls.get()
        self._since = time.monotonic()
        return call

    def _ask(self, call: Callable[[Tracker], object] | None) -> None:
        self._judge(late=time.monotonic() - self._since > self.patience, after=self.patience)
        if self._dropped:
            return
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            self._judge(late=True, after=self.patience)

    def _judge(self, *, late: bool, after: float) -> None:
        """Drop the tracker, with a word, if it has failed or is late."""
        if self._dropped or not (self._error or late):
            return
        self._dropped = True
        why = self._error or f"it did not answer within {after:g} s"
        self.say(f"--track {self.name}: dropped, {why}; the run goes on without it")

"""Checkpoints of runs that train in turns: one is written only where the last is old enough.

A member of a population may train an epoch in less time than its checkpoint takes to write. What is not written waits
in memory, and is written when the member ends, stops, or looks back. A kill loses the seconds since the last one.
"""

import time
from collections.abc import Callable
from typing import Any

import jax

from aelab.runner.acts import Saving
from aelab.runs.restored import Restored
from aelab.training.state import State

SECONDS = 10.0  # between two checkpoints of a member


class Seldom:
    """`saving`, whose checkpoints are at least `seconds` apart.

    What `first` holds back is written before: a run that goes on from a checkpoint finds the best state up to there.
    """

    def __init__(
        self,
        saving: Saving,
        first: "Seldom | None" = None,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.folder, self._saving, self._first = saving.folder, saving, first
        self._seconds, self._clock = seconds, clock
        self._waiting: tuple[State, dict[str, Any]] | None = None
        self._last = -float("inf")

    def save(self, state: State, record: dict[str, Any]) -> None:
        """Hold a checkpoint, in the place of one that is held, and write it where the last is old enough."""
        self._waiting = jax.device_get(state), record
        if self._clock() - self._last > self._seconds:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._first:
            self._first.flush()
        if self._waiting:
            self._saving.save(*self._waiting)
            self._waiting, self._last = None, self._clock()

    def wait(self) -> None:
        self.flush()
        self._saving.wait()

    def restore(self, template: State, wanted: Callable[[int], bool] = lambda step: True) -> Restored | None:
        self.flush()
        return self._saving.restore(template, wanted)

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._saving.close()

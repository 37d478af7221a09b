"""How long the main thread has waited for JAX to trace and compile programs, or to fetch them from its cache."""

import threading
import time

import jax

EVENTS = frozenset(
    f"/jax/core/compile/{step}_duration" for step in ("jaxpr_trace", "jaxpr_to_mlir_module", "backend_compile")
)


class Clock:
    """Adds up stretches of time that are told at their end; one that others lie within counts once."""

    def __init__(self):
        self._stretches: list[tuple[float, float]] = []  # begin and end, in order, none within another

    def told(self, end: float, duration: float) -> None:
        """A stretch has ended; those that began later lay within it."""
        begin = end - duration
        while self._stretches and self._stretches[-1][0] >= begin:
            self._stretches.pop()
        self._stretches.append((begin, end))

    def since(self, when: float) -> float:
        """Seconds of all stretches behind `when`."""
        return sum(end - max(begin, when) for begin, end in self._stretches if end > when)


_clock = Clock()


def _listen(event: str, duration_secs: float, **_: object) -> None:
    if event in EVENTS and threading.current_thread() is threading.main_thread():
        _clock.told(time.perf_counter(), duration_secs)


jax.monitoring.register_event_duration_secs_listener(_listen)


def seconds_since(when: float) -> float:
    """Seconds of waiting since `when` of `time.perf_counter()`; counted from the import of this module on."""
    return _clock.since(when)

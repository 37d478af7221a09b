"""What a person sees of a sweep: one live table on a terminal, a line for every point elsewhere; always on stderr."""

import sys
import time
from typing import Any

from aelab.experiment.scores import USUAL, full_name
from aelab.sweeps.plan import Point

EVERY = 0.5  # seconds between drawings


class Board:
    """How many points are done, running and failed, the time left, and where the running ones are."""

    def __init__(self, total: int, done: int, workers: int, score: str):
        self.total, self.done, self.lost, self.workers, self.score = total, done, 0, workers, score
        self.running: dict[str, tuple[Point, float]] = {}
        self.took: list[float] = []  # seconds of the points that ended here
        self._live: Any = None
        self._drawn = 0.0

    def __enter__(self):
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
            self._live.start()
        self.say(f"{self.total} points, {self.done} of them done")
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def say(self, line: str) -> None:
        if self._live:
            self._live.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def started(self, point: Point) -> None:
        self.running[point.name] = (point, time.monotonic())

    def ended(self, point: Point, row: dict[str, Any]) -> None:
        """A point is done, preempted or failed: `row` of the table."""
        _, since = self.running.pop(point.name, (point, None))
        if since is not None and row["state"] == "done":
            self.took.append(time.monotonic() - since)
        self.done += row["state"] == "done"
        self.lost += row["state"] == "failed"
        score = next((name for name in (full_name(self.score, row["scores"]), *USUAL) if name in row["scores"]), None)
        said = row["reason"] or (f"{score} {row['scores'][score]:.2f}" if score else "")
        self.say(f"{self.done + self.lost}/{self.total}  {point.name}  {row['state']}  {said}".rstrip())

    def paused(self, point: Point, epochs: int) -> None:
        """A point has come to an epoch."""
        self.running.pop(point.name, None)
        self.say(f"{point.name}  epoch {epochs}")

    def dropped(self, point: Point, row: dict[str, Any]) -> None:
        """A point does not go on."""
        self.lost += 1
        self.say(f"{point.name}  {row['state']}  {row['reason']}")

    def left(self) -> float | None:
        """Seconds until the end, as far as the points so far tell."""
        if not self.took:
            return None
        rest = self.total - self.done - self.lost
        return sum(self.took) / len(self.took) * rest / max(1, min(self.workers, rest))

    def tick(self) -> None:
        """Draw the table again, if it is time."""
        if self._live and time.monotonic() - self._drawn > EVERY:
            self._drawn = time.monotonic()
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Any:
        from rich.table import Table

        left = self.left()
        waiting = self.total - self.done - self.lost - len(self.running)
        counts = f"{self.done} done, {len(self.running)} running, {waiting} waiting, {self.lost} lost"
        table = Table("running", "state", "step", "for", title=f"{counts}{f', {_clock(left)} left' if left else ''}")
        for point, since in self.running.values():
            status = point.run.read("status.json")
            state, step = status.get("state", "starting"), str(status.get("step", ""))
            table.add_row(point.name, state, step, _clock(time.monotonic() - since))
        return table


def _clock(seconds: float) -> str:
    """Hours, minutes, seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"

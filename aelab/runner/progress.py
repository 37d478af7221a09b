"""What a person sees while a run trains: a bar on a terminal, plain lines elsewhere; always on stderr."""

import sys
import time
from collections.abc import Callable
from typing import Any

from aelab.devices import compiling
from aelab.training.metrics import means


class LogProgress:
    """Writes to the log of a run alone: a line for every row of metrics. Phases and steps are not shown."""

    def __init__(self, examples_per_step: float, log: Callable[[str], None]):
        self.examples, self.log = examples_per_step, log

    def say(self, line: str) -> None:
        self.log(line)

    def phase(self, name: str) -> None:
        """What is done now."""

    def start(self, step: int) -> None:
        """Steps count from here."""
        self._from = self._lap = (step, time.perf_counter())
        self._last = 0.0

    def speed(self, step: int) -> float:
        """Examples per second since `start`, without the time in which programs were compiled."""
        return self._since(self._from, step)

    def lap(self, step: int) -> float:
        """The same since the lap before; a second lap at the same step has the speed of the first."""
        if step > self._lap[0]:
            self._last, self._lap = self._since(self._lap, step), (step, time.perf_counter())
        return self._last

    def _since(self, mark: tuple[int, float], step: int) -> float:
        first, began = mark
        seconds = time.perf_counter() - began - compiling.seconds_since(began)
        return (step - first) * self.examples / max(seconds, 1e-9)

    def tick(self, step: int, sums: dict[str, float]) -> None:
        """Steps done, and what the epoch has added up so far: `count`, and nats by name."""

    def row(self, row: dict[str, Any]) -> None:
        values = "  ".join(
            f"{name} {value:.2f}" for name, value in row.items() if name not in ("step", "epoch", "split")
        )
        self.say(f"epoch {row['epoch']:g}  {row['split']:<10}  {values}")


class ScreenProgress(LogProgress):
    """Shows the same on the screen too, with phases, speed and the time that is left."""

    def __init__(self, total: int, examples_per_step: float, log: Callable[[str], None]):
        super().__init__(examples_per_step, log)
        self.total = total
        self.live = sys.stderr.isatty()
        self._bar: Any = None
        self._losses = ""

    def __enter__(self):
        if self.live:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            columns += (TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("compiling", total=self.total, speed="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def say(self, line: str) -> None:
        """A line for the screen and the log."""
        self.log(line)
        print_line = (
            self._bar.console.print if self._bar else lambda text, **_: print(text, file=sys.stderr, flush=True)
        )
        print_line(line, markup=False, highlight=False)

    def phase(self, name: str) -> None:
        if self._bar:
            self._bar.update(self._task, description=name)

    def start(self, step: int) -> None:
        super().start(step)
        if self._bar:
            self._bar.update(self._task, completed=step)

    def row(self, row: dict[str, Any]) -> None:
        """The line of a row; one of training has the newest losses, for with it the sums of an epoch end."""
        super().row(row)
        self.newest(row)

    def newest(self, row: dict[str, Any], who: str = "") -> None:
        """Show the losses of a row of training from now on, and whose they are."""
        if row["split"] == "train":
            shown = (f"{name} {value:.2f}" for name, value in row.items() if name not in ("step", "epoch", "split"))
            self._losses = f"{who}{': ' * bool(who)}{'  '.join(shown)}"

    def tick(self, step: int, sums: dict[str, float]) -> None:
        if self._bar:
            if sums:  # else an epoch has just ended, and its row has come
                self._losses = "  ".join(f"{name} {value:.2f}" for name, value in means(sums).items())
            said = f"{self._losses}  {self.speed(step):,.0f} examples/s"
            self._bar.update(self._task, description="training", completed=step, speed=said)


class MemberProgress(LogProgress):
    """The log of a member of a population, whose newest losses stand on the screen of them all under its name."""

    def __init__(self, examples_per_step: float, log: Callable[[str], None], screen: ScreenProgress, name: str):
        super().__init__(examples_per_step, log)
        self.screen, self.name = screen, name

    def row(self, row: dict[str, Any]) -> None:
        super().row(row)
        self.screen.newest(row, self.name)

"""TensorBoard's mirror of metrics.jsonl."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aelab.errors import StorageError
from aelab.experiment.scores import Score, find
from aelab.runs.atomic import storing


class IgnoreWriterThreads:
    """A `threading.excepthook` that passes over errors in threads of tensorboardX; the next write reports them."""

    def __init__(self, before: Callable[[Any], object]):
        self.before = before

    def __call__(self, failed: threading.ExceptHookArgs) -> None:
        if not _writes(failed.thread):
            self.before(failed)


def _writes(thread: threading.Thread | None) -> bool:
    return type(thread).__module__.startswith("tensorboardX")


class TensorBoard:
    """TensorBoard's files in a run folder. Whatever an interrupted run wrote after `step` is withdrawn.

    Numbers come with the unit and the meaning that the registry of scores, or one of the `own` ones, gives them.
    """

    def __init__(self, folder: Path, step: int, own: Sequence[Score] = ()):
        from tensorboardX import SummaryWriter

        self.folder, self.own = folder, own
        if not isinstance(threading.excepthook, IgnoreWriterThreads):
            threading.excepthook = IgnoreWriterThreads(threading.excepthook)
        others = set(threading.enumerate())
        with storing(folder):
            self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step else None)
        self._threads = [thread for thread in threading.enumerate() if thread not in others and _writes(thread)]

    @property
    def _failed(self) -> bool:
        """Whether the writer's thread has ended, as it does when the disk is full."""
        return not all(thread.is_alive() for thread in self._threads)

    def row(self, row: dict[str, Any]) -> None:
        """One scalar a number, named `<split>/<name>`.

        Raises:
            StorageError: an earlier one could not be written.
        """
        if self._failed:  # its queue would fill up and wait for ever
            raise StorageError(f"{self.folder}: cannot be written; free space or choose another --runs-dir")
        for name, value in row.items():
            if name not in ("step", "epoch", "split"):
                known = find(name, self.own)
                said = "; ".join(filter(None, (known.unit, known.meaning)))
                self._writer.add_scalar(f"{row['split']}/{name}", value, row["step"], summary_description=said)

    def close(self) -> None:
        if not self._failed:
            with storing(self.folder):
                self._writer.close()

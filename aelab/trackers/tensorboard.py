"""TensorBoard's files: the rows of metrics.jsonl, and at the end the scores, the settings and the pictures."""

import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aelab.errors import StorageError
from aelab.experiment.scores import Score, find
from aelab.runs.atomic import storing
from aelab.runs.png import size as size_of


class IgnoreWriterThreads:
    """A `threading.excepthook` that passes over errors in threads of tensorboardX; the next write reports them."""

    def __init__(self, before: Callable[[Any], object]):
        self.before = before

    def __call__(self, failed: threading.ExceptHookArgs) -> None:
        if not _writes(failed.thread):
            self.before(failed)


def _plain(value: Any) -> Any:
    """A setting as the table takes it; a list is a text."""
    return value if isinstance(value, bool | int | float | str) else str(value)


def _writes(thread: threading.Thread | None) -> bool:
    return type(thread).__module__.startswith("tensorboardX")


class TensorBoard:
    """TensorBoard's files in a run folder. Whatever an interrupted run wrote after `step` is withdrawn.

    Numbers come with the unit and the meaning that the registry of scores, or one of the `own` ones, gives them. With
    the scores come the `settings`, for the table of hyperparameters.
    """

    def __init__(
        self, folder: Path, step: int, own: Sequence[Score] = (), settings: Mapping[str, Any] = MappingProxyType({})
    ):
        from tensorboardX import SummaryWriter

        self.folder, self.own, self.settings, self.step = folder, own, settings, step
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

    def row(self, values: Mapping[str, float], step: int) -> None:
        """One scalar a number, named `<split>/<name>`.

        Raises:
            StorageError: an earlier one could not be written.
        """
        if self._failed:  # its queue would fill up and wait for ever
            raise StorageError(f"{self.folder}: cannot be written; free space or choose another --runs-dir")
        self.step = step
        for name, value in values.items():
            known = find(name, self.own)
            said = "; ".join(filter(None, (known.unit, known.meaning)))
            self._writer.add_scalar(name, value, step, summary_description=said)

    def end(self, scores: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        """Scores as scalars and beside the settings in the table of hyperparameters, and pictures as they are drawn.

        Raises:
            StorageError: something could not be written.
        """
        from tensorboardX.summary import hparams

        self.row(scores, self.step)
        file: Any = self._writer.file_writer
        for summary in hparams({name: _plain(value) for name, value in self.settings.items()}, dict(scores)):
            file.add_summary(summary)
        for name, path in pictures.items():
            file.add_summary(_picture(name, path.read_bytes()), self.step)

    def close(self) -> None:
        if not self._failed:
            with storing(self.folder):
                self._writer.close()


def _picture(name: str, png: bytes) -> Any:
    """A PNG file as it is, without drawing it anew."""
    protocol: Any = importlib.import_module("tensorboardX.proto.summary_pb2")
    width, height = size_of(png)
    image = protocol.Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=png)
    return protocol.Summary(value=[protocol.Summary.Value(tag=f"figures/{name}", image=image)])

"""TensorBoard's mirror of metrics.jsonl."""

import threading
from pathlib import Path
from typing import Any

from aelab.errors import StorageError
from aelab.runs import storing


class Events:
    """Event files in a run folder; what was written behind `step` before is taken back."""

    def __init__(self, folder: Path, step: int):
        from tensorboardX import SummaryWriter

        self.folder, self._failed = folder, False
        self._before = threading.excepthook
        threading.excepthook = self._note
        with storing(folder):
            self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step else None)

    def _note(self, failed: threading.ExceptHookArgs) -> None:
        """The writer has a thread that a full disk ends; the next row says so."""
        if type(failed.thread).__module__.startswith("tensorboardX"):
            self._failed = True
        else:
            self._before(failed)

    def row(self, row: dict[str, Any]) -> None:
        """One scalar a number, named `<split>/<name>`.

        Raises:
            StorageError: an earlier one could not be written.
        """
        if self._failed:  # its queue would fill up and wait for ever
            raise StorageError(f"{self.folder}: cannot be written; free space or choose another --runs-dir")
        for name, value in row.items():
            if name not in ("step", "epoch", "split"):
                self._writer.add_scalar(f"{row['split']}/{name}", value, row["step"])

    def close(self) -> None:
        try:
            if not self._failed:
                with storing(self.folder):
                    self._writer.close()
        finally:
            threading.excepthook = self._before

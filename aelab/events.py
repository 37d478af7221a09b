"""TensorBoard's mirror of metrics.jsonl."""

from pathlib import Path
from typing import Any


class Events:
    """Event files in a run folder; what was written behind `step` before is taken back."""

    def __init__(self, folder: Path, step: int):
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step else None)

    def row(self, row: dict[str, Any]) -> None:
        """One scalar a number, named `<split>/<name>`."""
        for name, value in row.items():
            if name not in ("step", "epoch", "split"):
                self._writer.add_scalar(f"{row['split']}/{name}", value, row["step"])

    def close(self) -> None:
        self._writer.close()

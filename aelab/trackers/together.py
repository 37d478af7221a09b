"""All trackers of a run, and what they are given beside the rows of metrics.jsonl: learning rate and gradient norm."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aelab.config import stored
from aelab.data.files import reason
from aelab.experiment.optimizers import learning_rate
from aelab.runs.folder import Run
from aelab.trackers.choose import opened
from aelab.trackers.protocol import Tracker
from aelab.trackers.tensorboard import TensorBoard
from aelab.training.gradient_norm import gradient_norms
from aelab.training.state import State
from aelab.training.trainer import Trainer


class Trackers:
    """TensorBoard's files and what `--track` names, for a run that goes on behind `step`; itself a `Tracker`."""

    def __init__(self, run: Run, trainer: Trainer, step: int, say: Callable[[str], object]):
        self.trainer, self.say, self._norms = trainer, say, {}
        self._measures = trainer.config.track != "none"  # the norm of a gradient, whose program has to be compiled
        board = TensorBoard(run.path / "events", step, trainer.experiment.scores, stored(trainer.config))
        named = opened(run, trainer.config, say)
        self.all: list[Tracker] = [board, *([named] if named else [])]

    def look(self, state: State) -> None:
        """See the state behind which rows will come; with `--track`, the norm of a gradient at it is computed."""
        try:
            self._norms = gradient_norms(self.trainer, state) if self._measures else {}
        except Exception as error:  # a program more may need more memory than there is: no reason to stop
            self._measures, self._norms = False, {}
            self.say(f"the norm of the gradient is left out: {reason(error)}")

    def metrics(self, row: Mapping[str, Any]) -> None:
        """A row of metrics.jsonl; behind an epoch of training, with the learning rate and the norm of the gradient."""
        values = {f"{row['split']}/{name}": x for name, x in row.items() if name not in ("step", "epoch", "split")}
        if row["split"] == "train":
            config = self.trainer.config
            rate = learning_rate(self.trainer.hyper, row["step"] - 1, config.schedule, warmup=config.warmup > 0)
            values |= {"train/learning_rate": float(rate), **self._norms}
        self.row(values, row["step"])

    def row(self, values: Mapping[str, float], step: int) -> None:
        for tracker in self.all:
            tracker.row(values, step)

    def end(self, scores: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        for tracker in self.all:
            tracker.end(scores, pictures)

    def close(self) -> None:
        """Close all, the last first; a second time does nothing."""
        while self.all:
            self.all.pop().close()

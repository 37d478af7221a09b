"""Weights & Biases; with WANDB_MODE=offline it writes below the run folder alone (docs.wandb.ai)."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from aelab.trackers.protocol import PROJECT, About


class Wandb:
    """A run of wandb's with the identity of ours."""

    def __init__(self, about: About):
        self._wandb = importlib.import_module("wandb")  # an extra of the package
        self._run = self._wandb.init(
            project=PROJECT,
            name=about.name,
            id=about.identity,
            resume="allow",
            config=dict(about.settings),
            dir=str(about.folder),
            reinit="create_new",  # the runs of a population are tracked side by side
        )

    def row(self, values: Mapping[str, float], step: int) -> None:
        self._run.log(dict(values), step=step)

    def end(self, scores: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        self._run.summary.update(dict(scores))
        self._run.log({f"figures/{name}": self._wandb.Image(str(path)) for name, path in pictures.items()})

    def close(self) -> None:
        self._run.finish()

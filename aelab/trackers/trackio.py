"""trackio: runs in a folder of its own, shown by `trackio show` on this machine (huggingface.co/docs/trackio)."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from aelab.trackers.protocol import PROJECT, About


class Trackio:
    """A run of trackio's, which is called by its name and a few letters of its identity."""

    def __init__(self, about: About):
        self._trackio = importlib.import_module("trackio")  # an extra of the package
        name = f"{about.name}-{about.identity[:6]}"
        self._run = self._trackio.init(
            project=PROJECT,
            name=name,
            config=dict(about.settings),
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )

    def row(self, values: Mapping[str, float], step: int) -> None:
        self._run.log(dict(values), step=step)

    def end(self, scores: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        drawn = {f"figures/{name}": self._trackio.Image(str(path)) for name, path in pictures.items()}
        self._run.log({**scores, **drawn})

    def close(self) -> None:
        self._run.finish()

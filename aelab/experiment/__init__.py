"""An experiment: what a script builds, its scores, and how its settings become an optimizer and traced numbers.

The names are imported when they are first used: who only reads about scores needs no JAX.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aelab.experiment.experiment import (
        Experiment,
        Validated,
        game_optimizer,
        hyper,
        optimizer,
        settled,
        switches,
        traced,
    )
    from aelab.experiment.optimizers import Optimizer
    from aelab.experiment.player import Player
    from aelab.experiment.score import Score

__all__ = [
    "Experiment",
    "Optimizer",
    "Player",
    "Score",
    "Validated",
    "game_optimizer",
    "hyper",
    "optimizer",
    "settled",
    "switches",
    "traced",
]
HOMES = {"Optimizer": "optimizers", "Player": "player", "Score": "score"}  # the others are of `experiment`


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module(f"aelab.experiment.{HOMES.get(name, 'experiment')}"), name)
    raise AttributeError(f"module 'aelab.experiment' has no attribute '{name}'")

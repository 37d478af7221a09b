"""Training in several processes: process 0 runs the loop, and the others take each step that it takes."""

from typing import Any, NamedTuple

import jax
import numpy as np

from aelab.config import Config
from aelab.devices.processes import team
from aelab.devices.team import Team
from aelab.training.prefetch import Prefetch
from aelab.training.recipe import Recipe
from aelab.training.state import PyTree, State
from aelab.training.step import Metrics
from aelab.training.trainer import Trainer


class Span(NamedTuple):
    """The data of some steps, as a leading trainer reads it: it tells the others which steps these are."""

    step: int
    length: int
    data: PyTree


class LeadingTrainer(Trainer):
    """The trainer of process 0. Whatever it trains, the others train with it, whoever asks for it."""

    def __init__(self, config: Config, recipe: Recipe, team: Team):
        super().__init__(config, recipe)
        self._team, self._last = team, None

    def read(self, step: int, length: int) -> Span:
        return Span(step, length, super().read(step, length))

    def advance(self, state: State, chunk: Span) -> tuple[State, Metrics]:
        """Train the steps of a chunk; a state that the others do not have, as a restored one, is sent to them first."""
        anew = state is not self._last
        self._team.order({"step": chunk.step, "length": chunk.length, "anew": anew})
        state, metrics = super().advance(self._team.share(state) if anew else state, chunk.data)
        self._last = state
        return state, metrics


def make_trainer(config: Config, recipe: Recipe) -> Trainer:
    """The trainer of a run in this process, which leads the others if there are any."""
    here = team()
    return LeadingTrainer(config, recipe, here) if isinstance(here, Team) else Trainer(config, recipe)


def follow(trainer: Trainer, here: Any) -> None:
    """Take the steps that process 0 orders, until the run has come to its end.

    Raises:
        AelabError: the data cannot be read, or the run ended otherwise than well.
    """
    blank = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), trainer.shapes()[0])
    state = blank
    with Prefetch(trainer.read, trainer.cadence.spans) as ahead:
        for order in here.orders():
            state = here.share(blank) if order["anew"] else state
            state, _ = trainer.advance(state, ahead.chunk(order["step"], order["length"]))

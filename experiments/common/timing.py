"""How fast a recipe trains: all that are compared take turns, so that a busy machine slows each of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import jax

from aelab.config import Config
from aelab.data.source import Splits
from aelab.devices import programs
from aelab.experiment import Experiment
from aelab.runner import members
from aelab.training.prefetch import Prefetch, Span
from aelab.training.recipe import make_recipe
from aelab.training.trainer import Trainer

STEPS = 20  # of a chunk in a turn


class Sprint:
    """A recipe that does nothing but train: no validation, no checkpoints."""

    def __init__(self, config: Config, experiment: Experiment, splits: Splits):
        ways = programs.choose_devices(config.parallel, config.devices)
        self._trainer = Trainer(config, make_recipe(config, experiment, splits, *ways))
        self._state = self._trainer.recipe.program.place(self._trainer.fresh())
        self.feed = self._trainer.feed
        self.parameters = sum(leaf.size for leaf in jax.tree.leaves(self._state.params))

    def train(self, spans: Sequence[Span]) -> float:
        """Train the steps of `spans`, waiting for a chunk while the next one runs; gives the seconds it took."""
        since, pending = time.perf_counter(), None
        with Prefetch(self._trainer.read, lambda step: [span for span in spans if span[0] >= step]) as ahead:
            for span in spans:
                self._state, metrics = self._trainer.advance(self._state, ahead.chunk(*span))
                jax.block_until_ready(pending)
                pending = metrics
        jax.block_until_ready((self._state, pending))
        return time.perf_counter() - since


class PopulationSprint:
    """Recipes of one group that do nothing but train together: no validation, no checkpoints."""

    def __init__(self, configs: Sequence[Config], experiment: Experiment, splits: Splits):
        devices = programs.population_devices(configs[0].devices)
        recipe = make_recipe(configs[0], experiment, splits, "single", devices[:1])
        self._trainers = [Trainer(config, recipe) for config in configs]
        self._states = {i: trainer.fresh() for i, trainer in enumerate(self._trainers)}
        self._together = members.choose(self._trainers, devices)
        self.feed = recipe.feed

    def train(self, spans: Sequence[Span]) -> float:
        """All members train the steps of `spans`; gives the seconds it took."""
        since, pending = time.perf_counter(), None
        self._together.following = lambda step: [span for span in spans if span[0] >= step]
        for span in spans:
            answers = self._together.train(self._states, *span)
            self._states = {i: state for i, (state, _) in answers.items()}
            jax.block_until_ready(pending)
            pending = [metrics for _, metrics in answers.values()]
        jax.block_until_ready((self._states, pending))
        return time.perf_counter() - since


def seconds_per_epoch(trainers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median over `rounds` turns of each, the first turn of all (which compiles) left out."""
    turns = take_turns(trainers, rounds)
    return {name: statistics.median(turn[name] for turn in turns) for name in trainers}


def take_turns(trainers: Mapping[str, Callable[[], float]], rounds: int) -> list[dict[str, float]]:
    """What each gives in each of `rounds` rounds, after a turn that compiles."""
    for trainer in trainers.values():
        trainer()
    return [{name: trainer() for name, trainer in trainers.items()} for _ in range(rounds)]


def trainer(config: Config, experiment: Experiment, splits: Splits, chunks: int = 1) -> Callable[[], float]:
    """Trains the next `chunks` times `STEPS` steps when called, and says how many seconds an epoch takes at that speed.

    Of a streamed set the first chunk of a turn is waited for, the others are read ahead.
    """
    sprint, at = Sprint(config, experiment, splits), 0

    def turn() -> float:
        nonlocal at
        spans = [(at + i * STEPS, STEPS) for i in range(chunks)]
        at += chunks * STEPS
        return sprint.train(spans) * sprint.feed.steps_per_epoch / (chunks * STEPS)

    return turn

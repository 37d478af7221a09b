"""How fast recipes train. Those that are compared take turns, so that a busy machine slows each of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import jax

from aelab.config import Config
from aelab.data.source import Splits
from aelab.devices import programs
from aelab.experiment import Experiment
from aelab.runner import batch_parts, members
from aelab.training.prefetch import Prefetch, Span
from aelab.training.recipe import make_recipe
from aelab.training.trainer import Trainer

STEPS = 20  # of a chunk in a turn


class BareTraining:
    """A recipe that only trains: no validation, no checkpoints."""

    def __init__(self, config: Config, experiment: Experiment, splits: Splits):
        ways = batch_parts.spread(config, splits, experiment)
        self._trainer = Trainer(config, make_recipe(config, experiment, splits, ways.mode, ways.devices))
        self._state = self._trainer.recipe.program.place_state(self._trainer.fresh())
        self.feed = self._trainer.feed
        self.parameters = sum(leaf.size for leaf in jax.tree.leaves(self._state.params))

    def train(self, spans: Sequence[Span]) -> float:
        """Train the steps of `spans`; returns the seconds that took. A chunk is waited for while the next one runs."""
        since, pending = time.perf_counter(), None
        with Prefetch(self._trainer.read, lambda step: [span for span in spans if span[0] >= step]) as ahead:
            for span in spans:
                self._state, metrics = self._trainer.advance(self._state, ahead.chunk(*span))
                jax.block_until_ready(pending)
                pending = metrics
        jax.block_until_ready((self._state, pending))
        return time.perf_counter() - since


class PopulationTraining:
    """Recipes that differ in traced numbers alone and train in one program: no validation, no checkpoints."""

    def __init__(self, configs: Sequence[Config], experiment: Experiment, splits: Splits):
        devices = programs.population_devices(configs[0].devices)
        recipe = make_recipe(configs[0], experiment, splits, "single", devices[:1])
        self._trainers = [Trainer(config, recipe) for config in configs]
        self._states = {i: trainer.fresh() for i, trainer in enumerate(self._trainers)}
        self._together = members.choose(self._trainers, devices)
        self.feed = recipe.feed

    def train(self, spans: Sequence[Span]) -> float:
        """Train all members for the steps of `spans`; returns the seconds that took."""
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
    """The median of each over `rounds` turns; its first turn, which compiles, does not count."""
    turns = take_turns(trainers, rounds)
    return {name: statistics.median(turn[name] for turn in turns) for name in trainers}


def take_turns(trainers: Mapping[str, Callable[[], float]], rounds: int) -> list[dict[str, float]]:
    """The seconds of each in each of `rounds` rounds, after a first turn that compiles."""
    for trainer in trainers.values():
        trainer()
    return [{name: trainer() for name, trainer in trainers.items()} for _ in range(rounds)]


def trainer(config: Config, experiment: Experiment, splits: Splits, chunks: int = 1) -> Callable[[], float]:
    """A turn: it trains the next `chunks` times `STEPS` steps and returns the seconds of an epoch at that speed.

    The first chunk of a streamed set is read within the turn; the others are read ahead.
    """
    training, at = BareTraining(config, experiment, splits), 0

    def turn() -> float:
        nonlocal at
        spans = [(at + i * STEPS, STEPS) for i in range(chunks)]
        at += chunks * STEPS
        return training.train(spans) * training.feed.steps_per_epoch / (chunks * STEPS)

    return turn

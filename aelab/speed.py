"""How fast a recipe trains: all that are compared take turns, so that a busy machine slows each of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import jax
import jax.numpy as jnp

from aelab import parallel
from aelab.config import Config
from aelab.data.source import Splits
from aelab.experiment import Experiment, fresh_state, hyper
from aelab.seeds import Purpose, key_for
from aelab.training.feed import choose_feed
from aelab.training.prefetch import Prefetch, Span
from aelab.training.step import Keys, make_chunk, make_step

STEPS = 20  # of a chunk in a turn


class Trainer:
    """A recipe that does nothing but train: no validation, no checkpoints; sets above `resident_mib` stream."""

    def __init__(self, config: Config, experiment: Experiment, splits: Splits):
        mode, devices = parallel.pick(config.parallel, config.devices)
        settings = {"batch_size": config.batch_size, "seed": config.seed, "devices": len(devices)}
        self.feed = choose_feed(splits.train, resident_bytes=config.resident_mib << 20, **settings)
        epoch = self.feed.steps_per_epoch
        numbers = jax.tree.map(jnp.float32, hyper(config, epoch, config.epochs * epoch))

        def chunk_for(axis_name: str | None):
            objective = partial(experiment.objective, experiment.model)
            step = make_step({"model": objective}, {"model": experiment.optimizer}, axis_name=axis_name)
            return make_chunk(step, self.feed.batch, experiment.corruption)

        self.program = parallel.compile_chunk(mode, devices, chunk_for)
        keys = Keys(key_for(config.seed, Purpose.TRAIN), key_for(config.seed, Purpose.CORRUPT))
        fresh = fresh_state(experiment, splits.spec, config.seed, numbers)
        self.state, *self.rest = self.program.place((fresh, self.feed.resident, keys, numbers))

    def train(self, spans: Sequence[Span]) -> float:
        """Train the steps of `spans`, waiting for a chunk while the next one runs; gives the seconds it took."""
        resident, keys, numbers = self.rest
        since, pending = time.perf_counter(), None
        with Prefetch(self._read, lambda step: [span for span in spans if span[0] >= step]) as ahead:
            for span in spans:
                self.state, metrics = self.program.run(self.state, resident, ahead.chunk(*span), keys, numbers)
                jax.block_until_ready(pending)
                pending = metrics
        jax.block_until_ready((self.state, pending))
        return time.perf_counter() - since

    def _read(self, step: int, length: int):
        return self.program.spread(self.feed.chunk(step, length))


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
    trainer, at = Trainer(config, experiment, splits), 0

    def turn() -> float:
        nonlocal at
        spans = [(at + i * STEPS, STEPS) for i in range(chunks)]
        at += chunks * STEPS
        return trainer.train(spans) * trainer.feed.steps_per_epoch / (chunks * STEPS)

    return turn

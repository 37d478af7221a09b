"""How fast a recipe trains: all that are compared take turns, so that a busy machine slows each of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp

from aelab import parallel
from aelab.config import Config
from aelab.data.source import Splits
from aelab.experiment import Experiment, fresh_state, hyper
from aelab.seeds import Purpose, key_for
from aelab.training.feed import ResidentFeed
from aelab.training.step import Keys, make_chunk, make_step

STEPS = 20  # in one turn


def seconds_per_epoch(trainers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median over `rounds` turns of each, the first turn of all (which compiles) left out."""
    for trainer in trainers.values():
        trainer()
    turns = [{name: trainer() for name, trainer in trainers.items()} for _ in range(rounds)]
    return {name: statistics.median(turn[name] for turn in turns) for name in trainers}


def trainer(config: Config, experiment: Experiment, splits: Splits) -> Callable[[], float]:
    """Trains `STEPS` steps when called and says how many seconds an epoch takes at that speed."""
    mode, devices = parallel.pick(config.parallel, config.devices)
    feed = ResidentFeed(splits.train, batch_size=config.batch_size, seed=config.seed, devices=len(devices))
    epoch = feed.steps_per_epoch
    numbers = jax.tree.map(jnp.float32, hyper(config, epoch, config.epochs * epoch))

    def chunk_for(axis_name: str | None):
        objective = partial(experiment.objective, experiment.model)
        step = make_step({"model": objective}, {"model": experiment.optimizer}, axis_name=axis_name)
        return make_chunk(step, feed.batch, experiment.corruption)

    program = parallel.compile_chunk(mode, devices, chunk_for)
    keys = Keys(key_for(config.seed, Purpose.TRAIN), key_for(config.seed, Purpose.CORRUPT))
    fresh = fresh_state(experiment, splits.spec, config.seed, numbers)
    state, resident, keys, numbers = program.place((fresh, feed.resident, keys, numbers))

    def turn() -> float:
        nonlocal state
        since = time.perf_counter()
        state, metrics = program.run(state, resident, feed.chunk(0, STEPS), keys, numbers)
        jax.block_until_ready((state, metrics))
        return (time.perf_counter() - since) * epoch / STEPS

    return turn

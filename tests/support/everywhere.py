"""One recipe trained in every way that a run can be carried out, and held against one device that does it all at once.

A test of a new part gives a config and `build`, as a script would, and asks for each of `WAYS`:

    @pytest.mark.parametrize("way", WAYS)
    def test_it_is_the_same_everywhere(way):
        assert_same(CONFIG, build, way)

The batches include the short one at the end of an epoch, whose rows of weight 0 must count for nothing. Choose plain
descent (`optimizer="sgd"`): it shows a gradient that is multiplied by the number of devices, which Adam hides.
"""

import dataclasses
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest

from aelab import data
from aelab.config import Config
from aelab.devices import programs
from aelab.runner import launch
from aelab.runner.members import Batched, InTurns
from aelab.runs.load import read_state
from aelab.training.metrics import add_chunk, means
from aelab.training.recipe import make_recipe
from aelab.training.trainer import Trainer

STEPS = 4  # of which the second is the last of an epoch
MODES = [(mode, devices) for mode in ("jit", "pmap", "shard_map") for devices in (1, 2, 8)]
NAMES = [*(f"{mode}-{devices}" for mode, devices in MODES), "accumulate", "shards", "in turns", "batched", "resumed"]
MIDDLE = {"jit-2", "pmap-2", "shard_map-8", "accumulate", "batched", "resumed"}  # in the middle tier; others are long
WAYS = [pytest.param(name, marks=pytest.mark.ci if name in MIDDLE else pytest.mark.long) for name in NAMES]
ACROSS = [way for way in WAYS if way.values != ("accumulate",)]  # of an objective that looks across the batch


def fast_too(ways: list) -> list:
    """The same ways, the one in which most of what can go wrong shows among the fast tests too."""
    return [pytest.param(*way.values) if way.values == ("shard_map-8",) else way for way in ways]


def mostly_long(ways: list, *middle: str) -> list:
    """The same ways for a part without a state of its own: the middle tier has the hardest of them, and `middle`."""
    short = ("shard_map-8", "accumulate", *middle)
    return [way if way.values[0] in short else pytest.param(*way.values, marks=pytest.mark.long) for way in ways]


class Outcome(NamedTuple):
    """What training came to, as numpy arrays."""

    start: Any  # parameters before the first step
    params: Any
    extra: Any
    opt_state: Any
    losses: dict[str, float]  # means over the steps, by recorded name


def assert_same(config: Config, build, way: str, *, close: float = 1e-6) -> None:
    """Parameters, extra and losses after a few steps are those of one device, to `close` of their largest numbers.

    The largest number of the losses is that of all terms. What training changed in each array of parameters is held to
    a hundred times that of itself. A run that was stopped and went on has the bits of one that was not.
    """
    if way == "resumed":
        return _assert_resumed(config, build)
    if way in ("in turns", "batched"):
        for member, found in enumerate(_together(config, build, way)):
            assert_close(found, _alone(dataclasses.replace(config, seed=config.seed + member), build), close)
        return None
    mode, _, devices = way.partition("-")
    if way == "accumulate":
        found = train(dataclasses.replace(config, accumulate=4), build)
    elif way == "shards":
        found = train(dataclasses.replace(config, virtual_shards=4), build, "shard_map", 2)
    else:
        found = train(config, build, mode, int(devices))
    assert_close(found, _alone(config, build), close)
    return None


def trainer_of(config: Config, build, mode: Any = "single", devices: int = 1) -> Trainer:
    """The training of a config on so many virtual devices."""
    splits = data.load(config)
    mode, chosen = programs.choose_devices(mode, devices)
    return Trainer(config, make_recipe(config, build(config, splits.spec), splits, mode, chosen))


def train(config: Config, build, mode: Any = "single", devices: int = 1) -> Outcome:
    """A few steps around the end of an epoch, as chunks of one and of several steps."""
    trainer = trainer_of(config, build, mode, devices)
    start = first = _first(trainer)
    sums: dict[str, float] = {}
    for length in (1, STEPS - 1):
        step = int(start.step)
        state, metrics = trainer.advance(start, trainer.read(step, length))
        sums, start = add_chunk(sums, step, metrics, _never), jax.device_get(state)
    return Outcome(first.params, start.params, start.extra, start.opt_state, means(sums))


@cache
def _alone(config: Config, build) -> Outcome:
    return train(config, build)


def _first(trainer: Trainer):
    """A fresh state, one step before the last of the first epoch."""
    assert len(trainer.splits.train) % trainer.config.batch_size, "the last batch of an epoch must be a short one"
    fresh = jax.device_get(trainer.fresh())  # a copy: training may take the memory of what it is given
    return fresh._replace(step=np.int32(trainer.feed.steps_per_epoch - 2))


def _never(step: int, sums: object) -> None:
    raise AssertionError(f"step {step} was left out")


def _together(config: Config, build, way: str) -> list[Outcome]:
    """Three members that differ in their seed."""
    own = trainer_of(config, build)
    trainers = [Trainer(dataclasses.replace(config, seed=config.seed + i), own.recipe) for i in range(3)]
    states = firsts = {i: _first(trainer) for i, trainer in enumerate(trainers)}
    sums: dict[int, dict[str, float]] = {i: {} for i in states}
    with {"in turns": InTurns, "batched": Batched}[way](trainers, jax.local_devices()[:2]) as population:
        for length in (1, STEPS - 1):
            step = int(states[0].step)
            trained = population.train(states, step, length)
            sums = {i: add_chunk(sums[i], step, metrics, _never) for i, (_, metrics) in trained.items()}
            states = {i: jax.device_get(state) for i, (state, _) in trained.items()}
    rest = {i: (state.params, state.extra, state.opt_state) for i, state in states.items()}
    return [Outcome(firsts[i].params, *rest[i], means(sums[i])) for i in states]


def _assert_resumed(config: Config, build) -> None:
    """A real run that lost its third step, and went on from the checkpoint of the second, has every bit of another."""
    often = 2 / trainer_of(config, build).feed.steps_per_epoch
    own = {"parallel": "single", "devices": 1, "save_every": often, "eval_every": often}
    with tempfile.TemporaryDirectory() as folder:
        whole, stopped = (
            dataclasses.replace(config, runs_dir=Path(folder) / name, **own) for name in ("whole", "stopped")
        )
        launch.train("seams.test", stopped, build, until=STEPS - 1)
        runs = [launch.train("seams.test", each, build, until=STEPS) for each in (whole, stopped)]
        assert f"resumed at step {STEPS - 2}" in (runs[1].path / "log.txt").read_text()
        blank = trainer_of(config, build).fresh()
        for which in ("last", "best"):
            one, other = (read_state(run, blank, which).state for run in runs)
            jax.tree.map(np.testing.assert_array_equal, one, other)
        for rows in ("metrics.jsonl", "digests.jsonl"):
            one, other = (run.rows(rows) for run in runs)
            assert one == other
            assert one


def assert_close(mine: Outcome, theirs: Outcome, close: float = 1e-6) -> None:
    """The same structure, and every array close; some parameter has moved at all."""

    def check(path, a, b, scale=None):
        most = np.abs(b).max(initial=0) if scale is None else scale
        np.testing.assert_allclose(a, b, rtol=0, atol=close * most, err_msg=jax.tree_util.keystr(path))

    def change(path, start, a, b):
        step, expected = a - start, b - start  # of float32 numbers, which are rounded
        rounding = np.abs(b).max(initial=0) * np.finfo(np.float32).eps * STEPS
        check(path, step, expected, 100 * np.abs(expected).max(initial=0) + rounding / close)

    for part in ("params", "extra", "opt_state", "losses"):
        a, b = getattr(mine, part), getattr(theirs, part)
        assert jax.tree.structure(a) == jax.tree.structure(b), part
        # A term that is a difference of large ones, as a total correlation near 0, is as exact as these are, no more.
        scale = max(np.abs(b[name]) for name in b) if part == "losses" else None
        jax.tree_util.tree_map_with_path(partial(check, scale=scale), a, b)
    jax.tree_util.tree_map_with_path(change, theirs.start, mine.params, theirs.params)
    moved = jax.tree.map(lambda before, after: np.abs(after - before).max(initial=0), theirs.start, theirs.params)
    assert max(jax.tree.leaves(moved)) > 1e-3, "nothing was learned: there is nothing to compare"

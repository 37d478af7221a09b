"""The compiled side of a run: feed, cadences, hyperparameters, and the programs that train and validate."""

import copy
from collections.abc import Callable
from functools import cached_property, partial

import jax
import jax.numpy as jnp
import numpy as np

from aelab.batch import Batch, Hyper
from aelab.config import Config
from aelab.data.batches import batch_indices
from aelab.data.source import Splits
from aelab.devices import programs
from aelab.evaluation.scores import validate
from aelab.experiment import Experiment, hyper
from aelab.objectives.loss import Loss
from aelab.seeds import Purpose, key_for
from aelab.training.cadence import cadence_of
from aelab.training.feed import choose_feed
from aelab.training.initial import fresh_state, state_shapes
from aelab.training.state import PyTree, State
from aelab.training.step import Keys, Metrics, all_finite, make_chunk, make_step

_finite = jax.jit(all_finite)


class Trainer:
    """Everything about the training of a config that does not touch a disk; `until` plans an early end."""

    def __init__(self, config: Config, experiment: Experiment, splits: Splits, mode, devices, until: int = 0):
        self.experiment, self.splits, self._ways = experiment, splits, (mode, devices)
        settings = {"batch_size": config.batch_size, "seed": config.seed, "devices": len(devices)}
        self.feed = choose_feed(splits.train, resident_bytes=config.resident_mib << 20, **settings)
        self.cadence = cadence_of(config, self.feed.steps_per_epoch, self.feed.longest, until)
        self._become(config)

    def _become(self, config: Config) -> None:
        self.config, self.skip = config, config.on_nonfinite == "skip"
        numbers = hyper(config, self.feed.steps_per_epoch, self.cadence.total)
        self.hyper: Hyper = jax.tree.map(jnp.float32, numbers)  # arrays: the program knows their shapes only
        self.keys = Keys(self.key(Purpose.TRAIN), self.key(Purpose.CORRUPT))

    def sibling(self, config: Config) -> "Trainer":
        """The trainer of the same recipe with another seed and other numbers, on the same copy of the set."""
        other = copy.copy(self)
        for own in ("_placed", "validate"):
            other.__dict__.pop(own, None)
        other.feed = self.feed.reordered(config.seed)
        other._become(config)
        return other

    @cached_property
    def program(self) -> programs.Program:
        """The compiled chunk."""
        return programs.compile_chunk(*self._ways, self.chunk_for)

    def finite(self, tree: PyTree) -> bool:
        """Whether every number of a tree is finite."""
        return bool(_finite(tree))

    def chunk_for(self, axis_name: str | None) -> Callable:
        """The pure function of a chunk, its sums reduced over an axis of devices."""
        objective = partial(self.experiment.objective, self.experiment.model)
        optimizers = {"model": self.experiment.optimizer}
        step = make_step(
            {"model": objective}, optimizers, axis_name=axis_name, skip=self.skip, parts=self.config.accumulate
        )
        return make_chunk(step, self.feed.batch, self.experiment.corruption)

    def key(self, purpose: Purpose):
        return key_for(self.config.seed, purpose)

    def fresh(self) -> State:
        """The state at step 0."""
        return fresh_state(self.experiment, self.splits.spec, self.config.seed, self.hyper, skip=self.skip)

    def shapes(self) -> tuple:
        """What a step is given, as far as it can be known without computing: what its program is lowered with."""
        state = state_shapes(self.experiment, self.splits.spec, self.config)
        return state, self.feed.resident, self.feed.chunk(0, 1), self.keys, self.hyper

    @cached_property
    def _placed(self) -> tuple[PyTree, PyTree, PyTree]:
        return self.program.place((self.feed.resident, self.keys, self.hyper))

    def read(self, step: int, length: int) -> PyTree:
        """What `length` steps from `step` on read, spread over the devices."""
        return self.program.spread(self.feed.chunk(step, length))

    def advance(self, state: State, chunk: PyTree) -> tuple[State, Metrics]:
        """Train the steps of a chunk; the state is given away."""
        resident, keys, numbers = self._placed
        return self.program.run(self.program.place(state), resident, chunk, keys, numbers)

    def examples(self, step: int) -> np.ndarray:
        """The training examples of a step, by index."""
        return batch_indices(self.config.seed, step, len(self.splits.train), self.config.batch_size)

    def batch(self, step: int) -> Batch:
        """The batch of a step as the model sees it, rows that only pad it left out."""
        plan = jax.tree.map(lambda rows: rows[0], self.feed.chunk(step, 1))
        whole = self.feed.batch(self.feed.resident, plan)
        real = len(self.examples(step))
        batch = jax.tree.map(lambda rows: rows[:real], whole)
        if self.experiment.corruption is None:
            return batch
        return self.experiment.corruption(jax.random.fold_in(self.key(Purpose.CORRUPT), step), batch, self.hyper)

    def loss(self, params: PyTree, batch: Batch, step: int, extra: PyTree) -> Loss:
        """The objective of a training step, with its draws."""
        key = jax.random.fold_in(self.key(Purpose.TRAIN), step)
        own = self.experiment.objective
        return own(self.experiment.model, params, key, batch, step=step, hyper=self.hyper, extra=extra)

    @cached_property
    def validate(self) -> Callable[[PyTree, int], dict[str, float]] | None:
        """`(params, step)` -> means on the validation split, nats per example; None where there is none.

        With the whole weight of the rate, while training still warms up to it: losses that a growing weight makes worse
        could not be compared, and the best of them would be an early one.
        """
        if self.splits.validation is None:
            return None
        own, source, key = self.experiment, self.splits.validation, self.key(Purpose.EVALUATE)
        spoilt = own.corruption if getattr(self.config, "corruption", "none") != "none" else None
        recipe, hyper = (own.model, own.objective, spoilt), self.hyper._replace(beta_warmup=0.0)
        return lambda params, step: validate(*recipe, programs.on_one_device(params), key, source, step, hyper)

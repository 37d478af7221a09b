"""The compiled side of one run: its seed, its traced numbers and its order of the data, on a recipe."""

from collections.abc import Callable
from functools import cached_property, partial

import jax
import jax.numpy as jnp
import numpy as np

from aelab.batch import Batch, Hyper
from aelab.config import Config
from aelab.data.batches import batch_indices
from aelab.devices import programs
from aelab.devices.compiled import compiled
from aelab.devices.layout import Layout
from aelab.evaluation.scores import validate
from aelab.experiment import Experiment, hyper, settled
from aelab.objectives.loss import Loss
from aelab.seeds import Purpose, key_for
from aelab.training.initial import fresh_state, state_around, state_shapes
from aelab.training.recipe import Recipe
from aelab.training.state import PyTree, State, evaluated
from aelab.training.step import Keys, Metrics, all_finite

_finite = compiled()(all_finite)


class Trainer:
    """The training of one config, without touching a disk: its keys, its numbers and its order of a shared recipe."""

    def __init__(self, config: Config, recipe: Recipe):
        self.config, self.recipe = config, recipe
        self.experiment, self.splits, self.cadence = recipe.experiment, recipe.splits, recipe.cadence
        self.feed = recipe.feed.reordered(config.seed)
        numbers = hyper(config, self.feed.steps_per_epoch, self.cadence.total)
        self.hyper: Hyper = jax.tree.map(jnp.float32, numbers)  # arrays: the program knows their shapes only
        self.keys = Keys(self.key(Purpose.TRAIN), self.key(Purpose.CORRUPT))

    def finite(self, tree: PyTree) -> bool:
        """Whether every number of a tree is finite."""
        return bool(_finite(tree))

    def key(self, purpose: Purpose):
        return key_for(self.config.seed, purpose)

    def fresh(self) -> State:
        """The state at step 0."""
        how = {"skip": self.recipe.skip, "layout": self.layout}
        return fresh_state(self.experiment, self.splits.spec, self.config.seed, self.hyper, **how)

    def around(self, params: PyTree) -> State:
        """The state at step 0 with other parameters, as those of another run; what objectives keep starts from them."""
        make = partial(state_around, self.experiment, self.splits.spec, skip=self.recipe.skip)
        if self.layout:
            return self.layout.made(make, params, self.hyper)
        return jax.device_get(jax.jit(make)(params, self.hyper))

    def at(self, state: State, step: int) -> State:
        """The state as if it had come to another step."""
        return state._replace(step=jnp.int32(step))

    @property
    def layout(self) -> Layout | None:
        """How the state is split over devices; None where each has all of it."""
        return self.recipe.program.layout if self.recipe.split else None

    @cached_property
    def scored(self) -> Experiment:
        """The experiment as it is scored and drawn: of parameters that are split, all devices get what a part gives."""
        if self.layout is None:
            return self.experiment
        return self.experiment._replace(model=self.experiment.model.with_outputs(self.layout.whole))

    def template(self) -> State:
        """Shapes and types of the state."""
        return state_shapes(self.experiment, self.splits.spec, self.config)

    def shapes(self) -> tuple:
        """The arguments that the program of a chunk is lowered with: shapes where arrays would have to be computed."""
        return self.template(), self.feed.resident, self.feed.chunk(0, 1), self.keys, self.hyper

    @cached_property
    def _placed(self) -> tuple[PyTree, PyTree]:
        """Keys and numbers on the devices of the program."""
        return self.recipe.program.place((self.keys, self.hyper))

    def read(self, step: int, length: int) -> PyTree:
        """The data of `length` steps from `step` on, spread over the devices."""
        return self.recipe.program.spread(self.feed.chunk(step, length, self.recipe.own_rows))

    def advance(self, state: State, chunk: PyTree) -> tuple[State, Metrics]:
        """Train the steps of a chunk; the state is donated."""
        program = self.recipe.program
        return program.run(program.place_state(state), self.recipe.resident, chunk, *self._placed)

    def examples(self, step: int) -> np.ndarray:
        """The training examples of a step, by index."""
        return batch_indices(self.config.seed, step, len(self.splits.train), self.feed.batch_size)

    def batch(self, step: int) -> Batch:
        """The batch of a step as the model sees it, rows that only pad it left out."""
        plan = jax.tree.map(lambda rows: rows[0], self.feed.chunk(step, 1))
        whole = self.feed.batch(self.feed.resident, plan)
        real = len(self.examples(step))
        batch = jax.tree.map(lambda rows: rows[:real], whole)
        if self.experiment.corruption is None:
            return batch
        return self.experiment.corruption(jax.random.fold_in(self.key(Purpose.CORRUPT), step), batch, self.hyper)

    def losses(self, params: PyTree, batch: Batch, step: int, extra: PyTree) -> dict[str, Loss]:
        """What the players of a training step lose, with its draws."""
        key, given = jax.random.fold_in(self.key(Purpose.TRAIN), step), {"hyper": self.hyper, "extra": extra}
        return {n: loss(params, key, batch, step=step, **given) for n, loss in self.experiment.losses().items()}

    @cached_property
    def validate(self) -> Callable[[State], dict[str, float]] | None:
        """`state` -> means on the validation split, nats per example; None where there is none.

        With the whole weight of the rate, or capacity, while training still rises to it: losses that a growing weight
        makes worse could not be compared, and the best of them would be an early one.
        """
        if self.splits.validation is None:
            return None
        own, key = self.scored, self.key(Purpose.EVALUATE)
        spoilt = own.corruption if getattr(self.config, "corruption", "none") != "none" else None
        own, numbers = own._replace(corruption=spoilt), settled(self.config, self.hyper)

        def means(state: State) -> dict[str, float]:
            params, extra, step = programs.on_one_device((evaluated(own, state), state.extra, state.step))
            return validate(own, params, extra, key, self.recipe.validation(), step, numbers)

        return means

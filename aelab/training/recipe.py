"""What runs share that differ in their seed and their traced numbers alone: model, data, cadence and programs."""

import dataclasses
import math
from collections.abc import Callable, Iterable
from functools import cached_property

import jax

from aelab.batch import Batch
from aelab.config import Config
from aelab.config.automatic import batch_size
from aelab.config.shards import virtual_shards
from aelab.data.batches import process_rows
from aelab.data.source import Splits
from aelab.devices import programs
from aelab.devices.layout import Layout
from aelab.evaluation.batches import batches
from aelab.evaluation.layers import size_in_bytes
from aelab.experiment import Experiment
from aelab.model import PyTree
from aelab.training.cadence import Cadence, cadence_of
from aelab.training.feed import ResidentFeed, StreamedFeed, choose_feed
from aelab.training.step import make_chunk, make_step


@dataclasses.dataclass(frozen=True, eq=False)
class Recipe:
    """Experiment, data and cadence of a group of runs, and the programs that they share.

    Programs are compiled, and data is put on the devices, when they are first used.
    """

    experiment: Experiment
    splits: Splits
    feed: ResidentFeed | StreamedFeed  # in the order of one seed; each run reorders the same copy of the set
    cadence: Cadence
    mode: programs.Mode
    devices: list[jax.Device]
    resident_bytes: int  # data that may stay on a device
    accumulate: int = 1  # parts that a batch is cut into
    skip: bool = False  # leave out steps that are not finite
    split: bool = False  # keep a part of parameters and optimizer on each device
    model: int = 1  # devices that take the same rows of a split state
    shards: int = 0  # virtual shards that a batch is cut into, whatever number of devices there are; 0 cuts none

    def chunk_for(self, axis_name: str | None, layout: Layout | None = None) -> Callable:
        """The pure function that trains a chunk of steps, its sums reduced over an axis of devices."""
        step = make_step(
            self.experiment,
            axis_name=axis_name,
            skip=self.skip,
            parts=self.accumulate,
            shards=self.shards,
            layout=layout,
        )
        return make_chunk(step, self.feed.batch, self.experiment.corruption)

    @cached_property
    def program(self) -> programs.Program:
        """The compiled chunk."""
        mode = "shard_map" if self.shards and self.mode == "jit" else self.mode  # rows are cut here, and not by XLA
        if self.split and mode == "jit":
            return programs.compile_split(self.devices, self.chunk_for, self.model)
        return programs.compile_chunk(mode, self.devices, self.chunk_for)

    @property
    def own_rows(self) -> slice:
        """The rows of a batch that the devices of this process take."""
        return process_rows(self.feed.rows, jax.process_index(), jax.process_count())

    @cached_property
    def resident(self) -> PyTree:
        """The resident set on the devices of the program."""
        return self.program.place(self.feed.resident)

    @property
    def validation_bytes(self) -> int:
        """Bytes of the validation set that stay on the device; 0 where it is read anew for each evaluation."""
        source = self.splits.validation
        if source is None:
            return 0
        size = 4 * len(source) * math.prod(source.spec.shape)
        return size if size_in_bytes(self.feed.resident) + size <= self.resident_bytes else 0

    def validation(self) -> Iterable[tuple[Batch, int]]:
        """The batches of the validation set, and how many rows of each are real; none where there is no such set."""
        return self._kept_validation if self.validation_bytes else self._read_validation()

    def _read_validation(self) -> Iterable[tuple[Batch, int]]:
        if self.splits.validation is None:
            return []
        if self.experiment.across:  # a loss that looks across the batch is compared with those of training
            return batches(self.splits.validation, self.feed.batch_size, exact=True)
        return batches(self.splits.validation)

    @cached_property
    def _kept_validation(self) -> list[tuple[Batch, int]]:
        """The batches on the device, uploaded once for all evaluations of all runs of the recipe."""
        return list(self._read_validation())


def shards_on(devices: int, config: Config, experiment: Experiment, splits: Splits) -> int:
    """The virtual shards that a batch is cut into on so many devices, 0 where it is not."""
    place = {"platform": jax.default_backend(), "divisible": experiment.divisible}
    return virtual_shards(config, len(splits.train), math.prod(splits.spec.shape), devices, **place)


def make_recipe(
    config: Config, experiment: Experiment, splits: Splits, mode: programs.Mode, devices: list, until: int = 0
) -> Recipe:
    """The recipe of a config and of all that train together with it; `until` plans an early end, in steps."""
    resident_bytes = config.resident_mib << 20
    size = batch_size(config, len(splits.train))
    shards = shards_on(len(devices), config, experiment, splits)
    parts = shards or len(devices) // config.model_parallel
    settings = {"batch_size": size, "seed": config.seed, "devices": parts}
    feed = choose_feed(splits.train, resident_bytes=resident_bytes, **settings)
    return Recipe(
        experiment,
        splits,
        feed,
        cadence_of(config, feed.steps_per_epoch, feed.longest, until),
        mode,
        devices,
        resident_bytes,
        config.accumulate,
        config.on_nonfinite == "skip",
        config.shard_parameters,
        config.model_parallel,
        shards,
    )

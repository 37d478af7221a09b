"""The batches of training, as a pure function of (seed, step).

A set that fits is kept on the device, and a chunk of steps is given indices into it. A larger set is streamed, and a
chunk is given its events. A step sees the same batch either way, bit for bit.
"""

import copy
import math
from collections.abc import Mapping
from typing import NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from aelab.batch import Batch
from aelab.data.batches import batch_indices, kept_order, steps_per_epoch
from aelab.data.source import Source
from aelab.data.to_batch import to_batch

LONGEST = 100  # steps of a chunk at most
LARGEST = 4 << 20  # bytes of events in a streamed chunk at most; a few chunks are in memory at a time
ALL = slice(None)  # rows of a batch


class Plan(NamedTuple):
    """What a chunk of steps will read of a resident set, `[step, row]`; the rows are split over devices."""

    example: np.ndarray | Array  # int32, index in the set
    index: np.ndarray | Array  # int32, row in the global batch
    weight: np.ndarray | Array  # float32, 0 for rows that only pad the batch


class Rows(NamedTuple):
    """What a chunk of steps has read of a streamed set, `[step, row, ...]`; the rows are split over devices."""

    stored: dict[str, np.ndarray | Array]  # events, as they are stored
    index: np.ndarray | Array
    weight: np.ndarray | Array


class Feed:
    """The order of a training set, cut into steps and padded.

    Rows are padded with weight 0 to a multiple of `devices`, or of virtual shards, as is the last batch of an epoch:
    nothing is dropped. A batch is the whole set where `batch_size` is more than that.
    """

    longest = LONGEST  # steps of a chunk

    def __init__(self, source: Source, *, batch_size: int, seed: int, devices: int = 1):
        self.size, self.batch_size, self.seed = len(source), min(batch_size, len(source)), seed
        self.rows = -(-self.batch_size // devices) * devices
        self.spec = source.spec
        self._order = kept_order()

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(self.size, self.batch_size)

    def reordered(self, seed: int) -> Self:
        """The same set in the order of another seed."""
        other = copy.copy(self)
        other.seed, other._order = seed, kept_order()
        return other

    def plan(self, step: int, length: int, own: slice = ALL) -> Plan:
        """The plan of `length` steps from `step` on, of their `own` rows.

        Rows that only pad a batch name the first event of the set.
        """
        plan = Plan(
            np.zeros((length, self.rows), np.int32),
            np.broadcast_to(np.arange(self.rows, dtype=np.int32), (length, self.rows)),
            np.zeros((length, self.rows), np.float32),
        )
        for i in range(length):
            examples = batch_indices(self.seed, step + i, self.size, self.batch_size, self._order)
            plan.example[i, : len(examples)] = examples
            plan.weight[i, : len(examples)] = 1
        return Plan(*(rows[:, own] for rows in plan))

    def read(self, stored: Mapping[str, np.ndarray | Array], rows: Plan | Rows) -> Batch:
        """The batch of events as they are stored, inside the compiled program.

        The events are finished before anything is computed with them: else XLA puts how they were made together with
        what is made of them, and rounds as the one or the other feed suggests.
        """
        batch = to_batch(stored, self.spec, weight=jnp.asarray(rows.weight), index=jnp.asarray(rows.index))
        return jax.lax.optimization_barrier(batch)


class ResidentFeed(Feed):
    """A set that lives on the device as it is stored; a chunk is no more than indices into it.

    `resident` goes to the program as an argument, once.
    """

    def __init__(self, source: Source, **settings: int):
        super().__init__(source, **settings)
        stored = source.get_batch(np.arange(self.size))
        self.resident = {name: jnp.asarray(stored[name]) for name in self.spec.shown if name in stored}

    def chunk(self, step: int, length: int, own: slice = ALL) -> Plan:
        """The plan of `length` steps from `step` on, of their `own` rows."""
        return self.plan(step, length, own)

    def batch(self, resident: dict[str, Array], plan: Plan) -> Batch:
        """The batch of one row of a plan, inside the compiled program."""
        stored = {name: jnp.take(array, plan.example, axis=0, mode="clip") for name, array in resident.items()}
        return self.read(stored, plan)


class StreamedFeed(Feed):
    """A set that stays where it is stored; a chunk is the events of its steps, read in the order of the set.

    Memory is that of a few chunks, whatever the size of the set.
    """

    def __init__(self, source: Source, **settings: int):
        super().__init__(source, **settings)
        self.source, self.resident = source, {}
        self.longest = min(max(LARGEST // (self.rows * source.spec.event_bytes), 1), LONGEST)

    def chunk(self, step: int, length: int, own: slice = ALL) -> Rows:
        """The events of `length` steps from `step` on, of their `own` rows; no others are read.

        Raises:
            DataError: they cannot be read.
        """
        plan = self.plan(step, length, own)
        examples, place = np.unique(plan.example, return_inverse=True)
        place = place.reshape(plan.example.shape)
        stored = self.source.get_batch(examples)
        return Rows({name: stored[name][place] for name in self.spec.shown if name in stored}, plan.index, plan.weight)

    def batch(self, resident: dict[str, Array], rows: Rows) -> Batch:
        """The batch of one step, inside the compiled program."""
        return self.read(rows.stored, rows)


def choose_feed(source: Source, *, resident_bytes: float = math.inf, **settings: int) -> ResidentFeed | StreamedFeed:
    """The feed of a set: resident where its events take at most `resident_bytes`, else streamed."""
    streamed = len(source) * source.spec.event_bytes > resident_bytes
    return (StreamedFeed if streamed else ResidentFeed)(source, **settings)

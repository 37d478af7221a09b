"""Where the steps of a chunk get their batches: a pure function of (seed, step)."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike

from aelab.batch import Batch
from aelab.data.batches import batch_indices, steps_per_epoch
from aelab.data.source import Source, Spec


class Plan(NamedTuple):
    """What a chunk of steps will read, `[step, row]`; the rows are split over devices."""

    example: np.ndarray | Array  # int32, index in the resident set
    index: np.ndarray | Array  # int32, row in the global batch
    weight: np.ndarray | Array  # float32, 0 for rows that only pad the batch


class ResidentFeed:
    """A set that lives on the device as it is stored; a chunk is no more than indices into it.

    `resident` goes to the program as an argument, once. Rows are padded with weight 0 to a multiple of `devices`, and
    so is the last batch of an epoch: nothing is dropped.
    """

    def __init__(self, source: Source, *, batch_size: int, seed: int, devices: int = 1):
        self.size, self.batch_size, self.seed = len(source), batch_size, seed
        self.rows = -(-batch_size // devices) * devices
        self.spec = source.spec
        stored = source.get_batch(np.arange(self.size))
        self.resident = {name: jnp.asarray(stored[name]) for name in ("x", "length") if name in stored}

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(self.size, self.batch_size)

    def chunk(self, step: int, length: int) -> Plan:
        """The plan of `length` steps from `step` on."""
        plan = Plan(
            np.zeros((length, self.rows), np.int32),
            np.broadcast_to(np.arange(self.rows, dtype=np.int32), (length, self.rows)),
            np.zeros((length, self.rows), np.float32),
        )
        for i in range(length):
            examples = batch_indices(self.seed, step + i, self.size, self.batch_size)
            plan.example[i, : len(examples)] = examples
            plan.weight[i, : len(examples)] = 1
        return plan

    def batch(self, resident: dict[str, Array], plan: Plan) -> Batch:
        """The batch of one row of a plan, inside the compiled program."""
        stored = {name: jnp.take(array, plan.example, axis=0, mode="clip") for name, array in resident.items()}
        return to_batch(stored, self.spec, weight=jnp.asarray(plan.weight), index=jnp.asarray(plan.index))


def to_batch(stored: Mapping[str, ArrayLike], spec: Spec, *, weight: Array, index: Array) -> Batch:
    """Stored events as the model sees them: float32, shifted and scaled, 0 behind the end of a series."""
    x = jnp.asarray(stored["x"], jnp.float32)
    if spec.shift != 0:
        x = x - jnp.asarray(spec.shift)
    if spec.scale != 1:
        x = x / jnp.asarray(spec.scale)
    mask = None
    if "length" in stored:
        mask = jnp.arange(spec.shape[0]) < jnp.asarray(stored["length"])[:, None]
        x = jnp.where(mask[..., None], x, 0)
    return Batch(inputs=x, targets=x, mask=mask, weight=weight, index=index)

"""The condition beside the events that are encoded and decoded for scores and pictures."""

from collections.abc import Callable
from functools import partial

import jax
import numpy as np
from jaxtyping import Array

from aelab.batch import Batch
from aelab.evaluation import programs
from aelab.model import NETS, Autoencoder, PyTree
from aelab.takes import takes

Seen = Callable[[Batch], Batch]  # gives a batch the condition that a corruption makes, where the set has none


def with_condition(model: Autoencoder, batch: Batch, seen: Seen) -> Batch:
    """The batch with its condition, where encoder or decoder take one."""
    asked = any("condition" in takes(getattr(model.parts, net)) for net in NETS)
    return batch._replace(condition=seen(batch).condition) if asked and batch.condition is None else batch


def decoder(model: Autoencoder, params: PyTree, condition: Array | np.ndarray | None = None) -> Callable:
    """`codes -> events`, the means of p(x|z, condition); one row of `condition` for each code, or one for all."""
    if condition is None:
        return partial(programs.decoded, model, params)
    rows = np.asarray(condition)

    def decode(z: PyTree) -> Array:
        count = len(jax.tree.leaves(z)[0])
        return programs.decoded(model, params, z, np.broadcast_to(rows, (count, *rows.shape[1:])))

    return decode

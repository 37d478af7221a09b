"""Scores of sparse dictionaries, over a whole split: over one batch, a share of dead units depends on its size."""

from functools import partial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.devices.compiled import compiled
from aelab.evaluation.batches import summed
from aelab.evaluation.unexplained import UNEXPLAINED
from aelab.experiment import Score
from aelab.model import Autoencoder, PyTree


def on_in_each(model: Autoencoder, params: PyTree, key, batch: Batch) -> Float[Array, "batch"]:
    """Of each example, how many numbers of its code are not 0."""
    return (_code(model, params, batch) != 0).sum(1).astype(jnp.float32)


def dead_share(model: Autoencoder, params: PyTree, key, source: Source) -> float:
    """The share of the units that no example of a split turns on."""
    return float((usage(model, params, source) == 0).mean())


def usage(model: Autoencoder, params: PyTree, source: Source) -> Float[np.ndarray, "unit"]:
    """How many examples of a split turn each unit on."""
    return summed(partial(_usage, model, params), source)


def _code(model: Autoencoder, params: PyTree, batch: Batch) -> Float[Array, "batch unit"]:
    return model.encode(params, batch.inputs, **batch.beside_inputs).mode


@compiled(static_argnums=(0,))
def _usage(model: Autoencoder, params: PyTree, batch: Batch) -> Float[Array, "unit"]:
    return batch.weights @ (_code(model, params, batch) != 0).astype(jnp.float32)


SCORES = (
    Score("l0", "units", "neither", "numbers of the code that are not 0, mean over the examples", on_in_each,
          label="L0"),
    UNEXPLAINED,
    Score("dead_share", "share", "lower", "of the units, that no example of the split turns on", dead_share,
          over="source"),
)  # fmt: skip

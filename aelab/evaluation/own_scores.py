"""The scores that an experiment adds to the usual ones."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.devices.compiled import compiled
from aelab.errors import ConfigError
from aelab.evaluation.batches import batches, mean
from aelab.experiment.scores import Score
from aelab.model import Autoencoder, PyTree


def own_scores(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    scores: Sequence[Score],
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> dict[str, float]:
    """Each score of a split by name: of its batches, one number a row and then the mean in float64, or of it whole.

    Raises:
        ConfigError: a function that gives something else.
    """
    of_batches = tuple(score for score in scores if score.over == "batch")
    found = (
        mean(lambda batch: values_of_batch(model, of_batches, params, key, shown(batch)), source) if of_batches else {}
    )
    for score in scores:
        if score.over == "source":
            found[score.name] = _number(score, score.compute(model, params, key, source))  # ty: ignore[not-callable]
    return {score.name: float(found[score.name]) for score in scores}


def try_shapes(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    scores: Sequence[Score],
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> None:
    """Trace the scores of batches once, without computing anything: what cannot work is better known before training.

    Raises:
        ConfigError: a function that gives something else than a number a row.
    """
    if of_batches := tuple(score for score in scores if score.over == "batch"):
        batch, _ = next(batches(source))
        jax.eval_shape(partial(values_of_batch, model, of_batches), params, key, shown(batch))


@compiled(static_argnums=(0, 1))
def values_of_batch(
    model: Autoencoder, scores: tuple[Score, ...], params: PyTree, key, batch: Batch
) -> dict[str, Array]:
    """Of each row; traced once for all runs of one recipe."""
    values = {score.name: score.compute(model, params, key, batch) for score in scores}  # ty: ignore[not-callable]
    for name, value in values.items():
        if np.shape(value) != (len(batch.inputs),):
            raise ConfigError(
                f"scores: {name} gives an array {np.shape(value)} of a batch of {len(batch.inputs)} rows; give one "
                'number a row, or say over="source"'
            )
    return values


def _number(score: Score, value: Any) -> float:
    if np.ndim(value) != 0:
        raise ConfigError(f"scores: {score.name} gives an array {np.shape(value)} of the source; give one number")
    return float(value)

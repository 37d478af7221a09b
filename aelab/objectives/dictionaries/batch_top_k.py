"""A dictionary with a number of units on that is fixed for a batch, not for an event (Bussmann et al. 2024,
arXiv:2412.06410): an event that needs many has many.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.dictionaries import revival
from aelab.objectives.dictionaries.placing import Code, Rebuilt, coded, decoded, with_placed_dictionary
from aelab.objectives.loss import Loss

SHARE = 0.01  # of a batch in the running mean of the threshold, once there have been 1 / SHARE


class Chosen(NamedTuple):
    """What a batch makes of its events together."""

    made: Rebuilt
    threshold: Float[Array, ""]  # the smallest answer that was kept


def batch_top_k(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    gather: Callable,
    extra,
    k: int,
    revived: int,
) -> Loss:
    """Distortion, and the error of dead units on what is left over; nats per example.

        distortion + α revival   (section 3)

    Of all answers to the n events of a batch, the k·n largest stay. α is `hyper.revival_weight`, and so many dead units
    are `revived` at once for an event.
    """
    return loss_of(model, chosen(model, params, batch, gather, k), batch, extra, hyper, revived)


def chosen(model: Autoencoder, params: PyTree, batch: Batch, gather: Callable, k: int) -> Chosen:
    """Each event from those of its answers that are among the k·n largest of the batch."""
    params, q = coded(model, params, batch)
    every, weights = gather((jax.lax.stop_gradient(q.before), batch.weights))
    threshold = smallest_kept(every, weights > 0, k)
    z = jnp.where(q.before >= threshold, q.before, 0)
    return Chosen(decoded(model, params, q, z, batch), threshold)


def smallest_kept(answers: Code, real: Float[Array, "batch"], k: int) -> Float[Array, ""]:
    """The last of the k·n largest answers to the n real rows; 0 where fewer units answer at all."""
    flat = jnp.where(real[:, None], answers, 0).reshape(-1)
    largest = jax.lax.top_k(flat, k * len(answers))[0]
    return jnp.where(jnp.arange(len(largest)) < k * real.sum(), largest, jnp.inf).min()


def loss_of(model: Autoencoder, chosen: Chosen, batch: Batch, extra: PyTree, hyper: Hyper, revived: int) -> Loss:
    """What the chosen answers cost; every row carries the threshold into the sums of the batch."""
    made = chosen.made
    error = revival.revival(model, made, batch, extra, hyper, revived)
    terms = {"distortion": made.distortion, "revival": error}
    updates = {**revival.turned_on(batch, made.z), "threshold": batch.weights.sum() * chosen.threshold}
    return Loss(made.distortion + hyper.revival_weight * error, terms, updates)


def no_threshold_yet(params: PyTree, spec, hyper: Hyper) -> PyTree:
    """What is kept at step 0: `Objective.init`."""
    return {**revival.nobody_has_been_on(params, spec, hyper), "threshold": jnp.float32(0), "batches": jnp.float32(0)}


def advance(extra: PyTree, sums: PyTree, step, hyper: Hyper) -> PyTree:
    """The threshold as a running mean over batches, a plain mean over the first of them: `Objective.advance`."""
    extra, batches = revival.advance(extra, sums, step, hyper), extra["batches"] + 1
    gap = sums["threshold"] / sums["count"] - extra["threshold"]
    return {**extra, "threshold": extra["threshold"] + jnp.maximum(1 / batches, SHARE) * gap, "batches": batches}


def with_threshold(params: PyTree, extra: PyTree) -> PyTree:
    """The dictionary in its place, and the threshold where the code of a single event is made: `Objective.project`."""
    model = with_placed_dictionary(params)["model"]
    return {**params, "model": {**model, "posterior": {**model["posterior"], "threshold": extra["threshold"]}}}

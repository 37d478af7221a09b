"""The sums of an epoch: counts and losses of its steps, added up in one order whatever the length of a chunk."""

import operator
from collections.abc import Callable
from functools import reduce

import jax
import numpy as np

from aelab.errors import NonFiniteError
from aelab.experiment.player import owner, recorded_losses
from aelab.training.step import Metrics

HELP = "try a smaller --lr, --clip 1 or a --warmup"
OWN = "count:"  # before the name of a player, where one misses steps: the examples that it saw
Sums = dict[str, float]  # what an epoch has added up so far: `count` and nats by name


def add_chunk(sums: Sums, first: int, metrics: Metrics, skipped: Callable[[int, Sums], None]) -> Sums:
    """`sums` plus those of a chunk that starts at step `first`, in float64 and in the order of the steps.

    `skipped` is called with each step that was left out, and its sums.

    Raises:
        NonFiniteError: a sum is NaN or infinite.
    """
    metrics = jax.device_get(metrics)
    came = {**recorded_losses(metrics.loss), **metrics.terms}
    counts = {"count": metrics.count, **{f"{OWN}{player}": count for player, count in metrics.counts.items()}}
    for i in np.flatnonzero(metrics.count == 0):
        skipped(first + int(i), {name: float(values[i]) for name, values in came.items()})
    steps = {**counts, **{name: np.where(metrics.count == 0, 0, x) for name, x in came.items()}}
    for name, values in steps.items():
        if not np.isfinite(values).all():
            bad = first + int(np.argmin(np.isfinite(values)))
            raise NonFiniteError(f"{name} is not finite at step {bad}; {HELP}", bad)
    # one by one from the left, so that the length of a chunk changes no bit
    return {name: reduce(operator.add, values.tolist(), sums.get(name, 0.0)) for name, values in steps.items()}


def means(sums: Sums) -> dict[str, float]:
    """Nats per example by name; of a player that misses steps over the examples it saw, and none if it saw none."""
    own = {name.removeprefix(OWN): count for name, count in sums.items() if name.startswith(OWN)}
    values = {name: total for name, total in sums.items() if name != "count" and not name.startswith(OWN)}
    counts = {name: own.get(owner(name, own), sums["count"]) for name in values}
    return {name: total / counts[name] for name, total in values.items() if counts[name]}

"""log p(x) between two bounds for events of the model's own, and from below for events of a set (BDMC).

How far annealing is from log p(x) cannot be seen on real events, since nothing bounds it from above there. On events
that the model makes itself both bounds are known, and their distance is the most that the lower one can be off. Grosse
et al. 2015, arXiv:1511.02543; Wu et al. 2017, arXiv:1611.04273, section 4.

Each batch is a pure function of (key, rows), so what a row gives does not depend on where a computation began. Whoever
keeps what is done may go on at `start`, the first row that is not.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.data.to_batch import to_batch
from aelab.evaluation import estimate
from aelab.evaluation.estimate import Estimate
from aelab.model import Autoencoder, PyTree
from aelab.seeds import key_named
from aelab.truth.annealing import FROM_PRIOR, Annealing, annealed, reverse_annealed
from aelab.truth.joint import require_continuous, simulated

SIZE = 50  # events of a program call: with their chains they fit a processor's cache
Shown = Callable[[Batch], Batch]  # a batch as the model is to see it
Progress = Callable[[int, int], None]  # how many rows are done, and of how many


class Sandwich(NamedTuple):
    """Of events that the model made: bounds of log p(x) in nats, and the shares of proposals that were accepted."""

    lower: Float[np.ndarray, "event"]
    upper: Float[np.ndarray, "event"]
    acceptance: Float[np.ndarray, "event"]

    @property
    def gap(self) -> Estimate:
        """The mean of upper − lower: in expectation never below 0, and no less than either is off."""
        return estimate.mean(self.upper - self.lower)


def sandwiched(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, how: Annealing = FROM_PRIOR
) -> Sandwich:
    """Bounds of an event for each row of a batch, made by the model; of `batch` see `joint.simulated`.

    Raises:
        ConfigError: log p(x) is no integral over continuous codes, or the start has no density.
    """
    require_continuous(model, params, batch, posterior=how.start == "posterior")
    z, made = _simulated(model, params, key_named(key, "simulated"), batch)
    below = annealed(model, params, key_named(key, "forwards"), made, how)
    above = reverse_annealed(model, params, key_named(key, "backwards"), made, z, how)
    return Sandwich(*map(np.asarray, (below.lower, above.upper, 0.5 * (below.acceptance + above.acceptance))))


def sandwich(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    events: int,
    *,
    how: Annealing = FROM_PRIOR,
    size: int = SIZE,
    start: int = 0,
    shown: Shown = lambda batch: batch,
    progress: Progress = lambda done, of: None,
) -> Sandwich:
    """Bounds of events `start` to `events` that the model makes, `size` at a time.

    Their lengths and conditions are those of the events of `source`, from its first again when they run out.

    Raises:
        ConfigError: as `sandwiched`.
    """
    bounds = partial(sandwiched, model, params, key, how=how)
    parts = _by_batch(bounds, source, events, size, start, shown, progress)
    return Sandwich(*map(np.concatenate, zip(*parts, strict=True)))


def lower_bounds(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    events: int,
    *,
    how: Annealing = FROM_PRIOR,
    size: int = SIZE,
    start: int = 0,
    shown: Shown = lambda batch: batch,
    progress: Progress = lambda done, of: None,
) -> Float[np.ndarray, "event"]:
    """log p(x) from below for events `start` to `events` of a split, `size` at a time; nats.

    Raises:
        ConfigError: as `sandwiched`.
    """

    def bounds(batch: Batch) -> tuple[Array]:
        return (annealed(model, params, key_named(key, "forwards"), batch, how).lower,)

    events = min(events, len(source))
    return np.concatenate([low for (low,) in _by_batch(bounds, source, events, size, start, shown, progress)])


@partial(jax.jit, static_argnums=0)
def _simulated(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> tuple[PyTree, Batch]:
    return simulated(model, params, key, batch)


def _by_batch(
    function, source: Source, events: int, size: int, start: int, shown: Shown, progress: Progress
) -> Iterator:
    """What `function` gives of each batch, as numpy arrays of its real rows; all batches have one shape."""
    for first in range(start, events, size):
        index = np.arange(first, first + size)
        stored = source.get_batch(index % len(source))
        weight = jnp.asarray(index < events, jnp.float32)
        batch = to_batch(stored, source.spec, weight=weight, index=jnp.asarray(index, jnp.int32))
        yield tuple(np.asarray(values)[: events - first] for values in function(shown(batch)))
        progress(min(first + size, events), events)

"""What `aelab apply` does with a batch of events: one maker a task, `(model, params, back, seed) -> function`.

The function is of a batch and its condition, None where a run has none. `back` turns what the model gives into the
units of the user's events.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

CODES, SIGMA = "codes", "sigma"  # what the results of encoding are called


class Block(NamedTuple):
    """A batch of events as the model sees them, and what is known of them; None where nothing is."""

    x: np.ndarray  # [batch, *event]
    mask: np.ndarray | None = None  # [batch, time], the steps that exist
    observed: np.ndarray | None = None  # [batch, *event], entries that are there
    hidden: np.ndarray | None = None  # [batch, *event], holes to fill
    fill: np.float32 | None = None  # what the run saw in holes in training; None where it was told of none
    stored: np.ndarray | None = None  # [batch, *event], the events in their own units, anything in holes

    @property
    def entries(self) -> np.ndarray | None:
        """What counts in a score."""
        return self.mask if self.observed is None else self.observed


def _encode(model, params, back, seed):
    """The mode of each code, and the standard deviation of each of its numbers where q(z|x) is normal."""
    import jax

    from aelab.distributions import Normal
    from aelab.evaluation import programs

    def function(block, condition):
        q = programs.encoded(model, params, block.x, block.mask, condition)
        found = {CODES: jax.device_get(q.mode)}
        return found | {SIGMA: jax.device_get(q.stddev)} if isinstance(q, Normal) else found

    return function


def _reconstruct(model, params, back, seed):
    """What the model makes of each event; a series ends where it ended."""
    from aelab.evaluation import programs

    def function(block, condition):
        found = back(programs.rebuilt(model, params, block.x, block.mask, condition))
        return {"events": found if block.mask is None else _ended(found, block.mask)}

    return function


def _ended(events: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., None], events, np.nan if events.dtype.kind == "f" else 0).astype(events.dtype)


def _score(model, params, back, seed):
    from aelab.apply.event_scores import event_scores

    def function(block, condition):
        found = event_scores(model, params, block.x, condition, block.mask, block.entries)
        return {name: np.asarray(value) for name, value in found.items()}

    return function


def _sample(model, params, back, seed, codes=None):
    """Events from the prior, or from these codes."""
    import jax

    from aelab.evaluation import programs
    from aelab.seeds import Purpose, key_for

    key = key_for(seed, Purpose.GENERATE)

    def function(index, condition):
        if codes is not None:
            own = jax.tree.map(lambda layer: layer[index], codes)
            return {"events": back(programs.decoded(model, params, own))}
        return {"events": back(programs.generated(model, params, key, index, condition=condition))}

    return function


def _along(model, params, back, paths: Callable, beside: Callable) -> Callable:
    """Decode `paths`, `[path, step, *code]`, made of the codes of a batch; `beside` makes as many of its conditions."""
    import jax

    from aelab.evaluation import programs
    from aelab.latents.paths import decoded

    def function(block, condition):
        def decode(z):
            rows = len(jax.tree.leaves(z)[0])
            return back(programs.decoded(model, params, z, None if condition is None else beside(condition, rows)))

        z = programs.encoded(model, params, block.x, block.mask, condition).mode
        return {"events": decoded(decode, paths(jax.device_get(z)), 2)}

    return function


def _interpolate(model, params, back, seed, spherical=False):
    """From event 0 to 1, 2 to 3 and so on, in equal steps of the code; the last of an odd number is left out."""
    from aelab.latents import paths

    def beside(condition, rows):
        return paths.lines(np.asarray(condition)).reshape(rows, *condition.shape[1:])

    return _along(model, params, back, partial(paths.lines, spherical=spherical), beside)


def _traverse(model, params, back, seed):
    """Of every event, each number of its code in turn across the prior, all others as they are."""
    import jax

    from aelab.latents import paths

    def traversals(z):
        return jax.tree.map(lambda layer: layer.reshape(-1, *layer.shape[2:]), paths.traversals(z))

    def beside(condition, rows):
        return np.repeat(condition, rows // len(condition), 0)

    return _along(model, params, back, traversals, beside)


def _inpaint(model, params, back, seed):
    """What is seen stays as it came; what is hidden is read off the reconstruction.

    A run that learnt from events with gaps saw 0 in them, as in all that nobody observed, and was not told where.
    """
    from aelab.evaluation import programs

    def function(block, condition):
        fill, told = (np.float32(0), None) if block.fill is None else (block.fill, block.hidden)
        shown = np.where(block.hidden, fill, block.x)
        found = back(programs.rebuilt(model, params, shown, block.mask, condition, hidden=told))
        whole = found.dtype.kind != "f"  # as_stored rounds: the way there and back gives the same whole numbers
        return {"events": np.where(block.hidden, found, back(block.x) if whole else np.float32(block.stored))}

    return function


FUNCTIONS = {
    "encode": _encode,
    "reconstruct": _reconstruct,
    "denoise": _reconstruct,
    "inpaint": _inpaint,
    "score": _score,
    "sample": _sample,
    "interpolate": _interpolate,
    "traverse": _traverse,
}

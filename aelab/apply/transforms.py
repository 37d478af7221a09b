"""What `aelab apply` does with a batch of events: one maker a task, `(model, params, back, seed) -> function`.

The function is of a batch and its condition, None where a run has none. `back` turns what the model gives into the
units of the user's events.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

CODES = "codes"  # what the results of encoding are called


def _encode(model, params, back, seed):
    import jax

    from aelab.evaluation import programs

    return lambda x, condition: {CODES: jax.device_get(programs.code(model, params, x, condition))}


def _reconstruct(model, params, back, seed):
    from aelab.evaluation import programs

    return lambda x, condition: {"events": back(programs.rebuilt(model, params, x, condition=condition))}


def _score(model, params, back, seed):
    from aelab.apply.event_scores import event_scores

    def function(x, condition):
        return {name: np.asarray(value) for name, value in event_scores(model, params, x, condition).items()}

    return function


def _sample(model, params, back, seed):
    from aelab.evaluation import programs
    from aelab.seeds import Purpose, key_for

    key = key_for(seed, Purpose.GENERATE)

    def function(index, condition):
        return {"events": back(programs.generated(model, params, key, index, condition=condition))}

    return function


def _along(model, params, back, paths: Callable, beside: Callable) -> Callable:
    """Decode `paths`, `[path, step, *code]`, made of the codes of a batch; `beside` makes as many of its conditions."""
    import jax

    from aelab.evaluation import programs
    from aelab.latents.paths import decoded

    def function(x, condition):
        def decode(z):
            rows = len(jax.tree.leaves(z)[0])
            return back(programs.decoded(model, params, z, None if condition is None else beside(condition, rows)))

        return {"events": decoded(decode, paths(jax.device_get(programs.code(model, params, x, condition))), 2)}

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
    """What is seen stays; what is hidden is read off the reconstruction. Of `(events, hidden, fill)`."""
    from aelab.evaluation import programs

    def function(batch, condition):
        x, hidden, fill = batch
        rebuilt = programs.rebuilt(model, params, np.where(hidden, fill, x), condition=condition)
        return {"events": back(np.where(hidden, rebuilt, x))}

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

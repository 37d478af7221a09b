"""What `aelab apply` does with a batch of events: one maker a task, `(model, params, back, seed) -> function`.

`back` turns what the model gives into the units of the user's events.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

CODES = "codes"  # what the results of encoding are called


def _encode(model, params, back, seed):
    import jax

    from aelab.evaluation import programs

    return lambda x: {CODES: jax.device_get(programs.code(model, params, x))}


def _reconstruct(model, params, back, seed):
    from aelab.evaluation import programs

    return lambda x: {"events": back(programs.rebuilt(model, params, x))}


def _score(model, params, back, seed):
    from aelab.apply.event_scores import event_scores

    return lambda x: {name: np.asarray(value) for name, value in event_scores(model, params, x).items()}


def _sample(model, params, back, seed):
    from aelab.evaluation import programs
    from aelab.seeds import Purpose, key_for

    key = key_for(seed, Purpose.GENERATE)
    return lambda index: {"events": back(programs.generated(model, params, key, index))}


def _along(model, params, back, paths: Callable) -> Callable:
    """Decode `paths`, `[path, step, *code]`, made of the codes of each batch."""
    import jax

    from aelab.evaluation import programs
    from aelab.latents.paths import decoded

    def decode(z):
        return back(programs.decoded(model, params, z))

    return lambda x: {"events": decoded(decode, paths(jax.device_get(programs.code(model, params, x))), 2)}


def _interpolate(model, params, back, seed, spherical=False):
    """From event 0 to 1, 2 to 3 and so on, in equal steps of the code; the last of an odd number is left out."""
    from aelab.latents import paths

    return _along(model, params, back, partial(paths.lines, spherical=spherical))


def _traverse(model, params, back, seed):
    """Of every event, each number of its code in turn across the prior, all others as they are."""
    import jax

    from aelab.latents import paths

    def traversals(z):
        return jax.tree.map(lambda layer: layer.reshape(-1, *layer.shape[2:]), paths.traversals(z))

    return _along(model, params, back, traversals)


def _inpaint(model, params, back, seed):
    """What is seen stays; what is hidden is read off the reconstruction. Of `(events, hidden, fill)`."""
    from aelab.evaluation import programs

    def function(batch):
        x, hidden, fill = batch
        return {"events": back(np.where(hidden, programs.rebuilt(model, params, np.where(hidden, fill, x)), x))}

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

"""What `aelab apply` does with a batch of events: one maker a task, `(model, params, back, seed) -> function`.

`back` turns what the model gives into the units of the user's events.
"""

from collections.abc import Callable

import numpy as np


def _encode(model, params, back, seed):
    import jax

    encode = jax.jit(lambda x: model.encode(params, x).mode)
    return lambda x: {"codes": np.asarray(encode(x))}


def _reconstruct(model, params, back, seed):
    import jax

    rebuild = jax.jit(lambda x: model.reconstruct(params, x))
    return lambda x: {"events": back(rebuild(x))}


def _score(model, params, back, seed):
    """Per event: squared error, distortion from the code's mode, and rate where there is a prior; nats."""
    import jax
    import jax.numpy as jnp

    from aelab.distributions import has_closed_form, kl, sum_event

    @jax.jit
    def score(x):
        q = model.encode(params, x)
        rebuilt = model.decode(params, q.mode)
        found = {"squared_error": sum_event(jnp.square(x - rebuilt.mean)), "distortion": -rebuilt.log_prob(x)}
        prior = None if model.parts.prior is None or model.conditional else model.prior(params)
        return found if prior is None or not has_closed_form(q, prior) else {**found, "rate": kl(q, prior)}

    return lambda x: {name: np.asarray(value) for name, value in score(x).items()}


def _sample(model, params, back, seed):
    import jax

    from aelab.seeds import Purpose, key_for

    draw = jax.jit(lambda index: model.generate(params, key_for(seed, Purpose.GENERATE), index))
    return lambda index: {"events": back(draw(index))}


def _along(model, params, back, lines: Callable) -> Callable:
    """Decode lines `[line, step, *code]` made of the codes of each batch."""
    import jax

    encode = jax.jit(lambda x: model.encode(params, x).mode)
    decode_codes = jax.jit(lambda z: model.decode(params, z).mean)

    def function(x):
        z = lines(np.asarray(encode(x)))
        events = back(decode_codes(z.reshape(-1, *z.shape[2:])))
        return {"events": events.reshape(*z.shape[:2], *events.shape[1:])}

    return function


def _interpolate(model, params, back, seed):
    """From event 0 to 1, 2 to 3 and so on, in equal steps of the code; the last of an odd number is left out."""

    from aelab.latents import paths

    return _along(model, params, back, paths.lines)


def _traverse(model, params, back, seed):
    """Of every event, each number of its code in turn from -2.5 to 2.5, all others as they are."""

    from aelab.latents import paths

    def lines(z):
        return paths.traversals(z).reshape(-1, paths.STEPS, *z.shape[1:])

    return _along(model, params, back, lines)


def _inpaint(model, params, back, seed):
    """What is seen stays; what is hidden is read off the reconstruction. Of `(events, hidden)`."""
    import jax

    rebuild = jax.jit(lambda x: model.reconstruct(params, x))

    def function(batch):
        x, hidden, fill = batch
        return {"events": back(np.where(hidden, rebuild(np.where(hidden, fill, x)), x))}

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

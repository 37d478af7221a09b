"""Optimizers whose numbers are traced, so that a sweep over them compiles once."""

import inspect
from collections.abc import Callable

import jax.numpy as jnp
import optax

from aelab.batch import Hyper
from aelab.errors import ConfigError

Optimizer = Callable[[Hyper], optax.GradientTransformation]


SCALES = {
    "adam": optax.scale_by_adam,
    "adamw": optax.scale_by_adam,
    "lion": optax.scale_by_lion,
    "rmsprop": optax.scale_by_rms,
    "sgd": optax.identity,
    "momentum": lambda: optax.trace(0.9),
}
# The share of the peak learning rate that is left, from the share of the steps that is done.
SCHEDULES = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1 - progress,
    "cosine": lambda progress: 0.5 * (1 + jnp.cos(jnp.pi * progress)),
}


def optimizer(
    name: str,
    *,
    schedule: str,
    warmup: bool,
    weight_decay: bool,
    clip: bool,
    b1: float | None = None,
    b2: float | None = None,
    eps: float | None = None,
) -> Optimizer:
    """An optimizer whose numbers are read from `Hyper` when the step is traced.

    `schedule` runs from `hyper.lr` over `hyper.steps`: "constant", or "linear" or "cosine" down to 0. The three
    switches say what the program contains at all; what is left out costs nothing. `warmup` raises the learning rate
    from 0 over the first `hyper.warmup` steps, `weight_decay` is decoupled (Loshchilov and Hutter 2019,
    arXiv:1711.05101), and `clip` limits the global norm of the gradient to `hyper.clip` before anything else.

    `b1`, `b2` and `eps` are those of Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1), and of the others where
    optax calls them so; None is optax's default. They are constants of the program.

    Raises:
        ConfigError: this optimizer has no such number.
    """
    moments = {key: value for key, value in {"b1": b1, "b2": b2, "eps": eps}.items() if value is not None}
    if unknown := sorted(moments.keys() - inspect.signature(SCALES[name]).parameters.keys()):
        raise ConfigError(f"optimizer: {name} has no {unknown[0]}; leave it out, or choose adam")
    scale, share_left = SCALES[name], SCHEDULES[schedule]

    def make(hyper: Hyper) -> optax.GradientTransformation:
        def learning_rate(count):
            rise = jnp.minimum((count + 1) / jnp.maximum(hyper.warmup, 1.0), 1.0) if warmup else 1.0
            return hyper.lr * rise * share_left(jnp.minimum(count / hyper.steps, 1.0))

        return optax.chain(
            *([optax.clip_by_global_norm(hyper.clip)] if clip else []),
            scale(**moments),
            *([optax.add_decayed_weights(hyper.weight_decay)] if weight_decay else []),
            optax.scale_by_learning_rate(learning_rate),
        )

    return make

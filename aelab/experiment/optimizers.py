"""Optimizers whose numbers are traced, so that a sweep over them compiles once."""

from collections.abc import Callable

import jax.numpy as jnp
import optax

from aelab.batch import Hyper

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


def optimizer(name: str, *, schedule: str, warmup: bool, weight_decay: bool, clip: bool) -> Optimizer:
    """An optimizer whose numbers are read from `Hyper` when the step is traced.

    `schedule` runs from `hyper.lr` over `hyper.steps`: "constant", or "linear" or "cosine" down to 0. The three
    switches say what the program contains at all; what is left out costs nothing. `warmup` raises the learning rate
    from 0 over the first `hyper.warmup` steps, `weight_decay` is decoupled (Loshchilov and Hutter 2019,
    arXiv:1711.05101), and `clip` limits the global norm of the gradient to `hyper.clip` before anything else.
    """
    scale, share_left = SCALES[name], SCHEDULES[schedule]

    def make(hyper: Hyper) -> optax.GradientTransformation:
        def learning_rate(count):
            rise = jnp.minimum((count + 1) / jnp.maximum(hyper.warmup, 1.0), 1.0) if warmup else 1.0
            return hyper.lr * rise * share_left(jnp.minimum(count / hyper.steps, 1.0))

        return optax.chain(
            *([optax.clip_by_global_norm(hyper.clip)] if clip else []),
            scale(),
            *([optax.add_decayed_weights(hyper.weight_decay)] if weight_decay else []),
            optax.scale_by_learning_rate(learning_rate),
        )

    return make

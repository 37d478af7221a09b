"""Optimizers whose numbers are traced, so that a sweep over them compiles once."""

from collections.abc import Callable

import jax.numpy as jnp
import optax

from aelab.batch import Hyper

Optimizer = Callable[[Hyper], optax.GradientTransformation]


def optimizer(name: str, *, schedule: str, warm: bool, decay: bool, clipped: bool) -> Optimizer:
    """An optimizer whose numbers are read from `Hyper` when the step is traced; what is off costs nothing.

    `schedule` runs from `hyper.lr` over `hyper.steps`: "constant", "linear" or "cosine" to 0; `warm` first raises it
    from 0 over `hyper.warmup` steps. `decay` is decoupled weight decay (Loshchilov and Hutter 2019), `clipped` limits
    the global norm of the gradient to `hyper.clip`.
    """
    scale = {
        "adam": optax.scale_by_adam,
        "adamw": optax.scale_by_adam,
        "lion": optax.scale_by_lion,
        "rmsprop": optax.scale_by_rms,
        "sgd": optax.identity,
        "momentum": lambda: optax.trace(0.9),
    }[name]
    shape = {
        "constant": lambda progress: 1.0,
        "linear": lambda progress: 1 - progress,
        "cosine": lambda progress: 0.5 * (1 + jnp.cos(jnp.pi * progress)),
    }[schedule]

    def make(hyper: Hyper) -> optax.GradientTransformation:
        def learning_rate(count):
            rise = jnp.minimum((count + 1) / jnp.maximum(hyper.warmup, 1.0), 1.0) if warm else 1.0
            return hyper.lr * rise * shape(jnp.minimum(count / hyper.steps, 1.0))

        return optax.chain(
            *([optax.clip_by_global_norm(hyper.clip)] if clipped else []),
            scale(),
            *([optax.add_decayed_weights(hyper.weight_decay)] if decay else []),
            optax.scale_by_learning_rate(learning_rate),
        )

    return make

"""Optimizers whose numbers are traced, so that a sweep over them compiles once."""

import inspect
from collections.abc import Callable

import jax.numpy as jnp
import optax
import optax.contrib

from aelab.batch import Hyper
from aelab.errors import ConfigError
from aelab.experiment.averages import averaging

Optimizer = Callable[[Hyper], optax.GradientTransformation]


SCALES = {
    "adam": optax.scale_by_adam,
    "adamw": optax.scale_by_adam,
    "lion": optax.scale_by_lion,
    "rmsprop": optax.scale_by_rms,
    "schedule_free": lambda: optax.scale_by_rms(0.999, eps=1e-8, eps_in_sqrt=False, bias_correction=True),
    "sgd": optax.identity,
    "momentum": lambda: optax.trace(0.9),
    "muon": lambda: optax.chain(optax.contrib.muon(1.0, consistent_rms=0.2), optax.scale(-1.0)),
}
# The share of the peak learning rate that is left, from the share of the steps that is done.
SCHEDULES = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1 - progress,
    "cosine": lambda progress: 0.5 * (1 + jnp.cos(jnp.pi * progress)),
}


def learning_rate(hyper: Hyper, count, schedule: str, *, warmup: bool):
    """The learning rate behind `count` steps: a rise over `hyper.warmup` steps, times the share that is left."""
    rise = jnp.minimum((count + 1) / jnp.maximum(hyper.warmup, 1.0), 1.0) if warmup else 1.0
    return hyper.lr * rise * SCHEDULES[schedule](jnp.minimum(count / hyper.steps, 1.0))


def optimizer(
    name: str,
    *,
    schedule: str,
    warmup: bool,
    weight_decay: bool,
    clip: bool,
    average: bool = False,
    b1: float | None = None,
    b2: float | None = None,
    eps: float | None = None,
) -> Optimizer:
    """An optimizer whose numbers are read from `Hyper` when the step is traced.

    `schedule` runs from `hyper.lr` over `hyper.steps`: "constant", or "linear" or "cosine" down to 0. The three
    switches say what the program contains at all; what is left out costs nothing. `warmup` raises the learning rate
    from 0 over the first `hyper.warmup` steps, `weight_decay` is decoupled (Loshchilov and Hutter 2019,
    arXiv:1711.05101), and `clip` limits the global norm of the gradient to `hyper.clip` before anything else.

    "muon" turns the gradient of a matrix into one whose singular values are all about the same (Jordan et al. 2024,
    kellerjordan.github.io/posts/muon; scaled as by Liu et al. 2025, arXiv:2502.16982), and moves all else by Adam with
    Nesterov's momentum. "schedule_free" is Adam without momentum, whose gradients are taken between its newest
    parameters and their mean (Defazio et al. 2024, arXiv:2405.15682). With `average`, a moving average of the
    parameters is kept, with decay `hyper.ema`. The mean or the average is what is scored: `aelab.experiment.averages`.

    `b1`, `b2` and `eps` are those of Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1), and of the others where
    optax calls them so; None is optax's default. They are constants of the program.

    Raises:
        ConfigError: this optimizer has no such number, or no schedule.
    """
    if name == "schedule_free" and schedule != "constant":
        raise ConfigError(f"--schedule {schedule}: schedule_free needs none; leave it at constant")
    moments = {key: value for key, value in {"b1": b1, "b2": b2, "eps": eps}.items() if value is not None}
    if unknown := sorted(moments.keys() - inspect.signature(SCALES[name]).parameters.keys()):
        raise ConfigError(f"optimizer: {name} has no {unknown[0]}; leave it out, or choose adam")
    scale = SCALES[name]

    def make(hyper: Hyper) -> optax.GradientTransformation:
        def rate(count):
            return learning_rate(hyper, count, schedule, warmup=warmup)

        direct = optax.chain(
            *([optax.clip_by_global_norm(hyper.clip)] if clip else []),
            scale(**moments),
            *([optax.add_decayed_weights(hyper.weight_decay)] if weight_decay else []),
            optax.scale_by_learning_rate(rate),
        )
        if name == "schedule_free":
            direct = optax.contrib.schedule_free(direct, rate)
        return averaging(direct, hyper.ema) if average else direct

    return make

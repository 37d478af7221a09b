"""Events made of few directions out of many that are known, and dictionaries trained on them."""

from typing import Any, NamedTuple

import jax
import numpy as np

from aelab.batch import Batch
from aelab.data.source import Spec
from aelab.experiment import hyper
from aelab.training.initial import fresh_state
from aelab.training.step import make_step
from experiments import sparse


class Planted(NamedTuple):
    """Events x = z D, where so many numbers of z are between 1 and 2 and all others are 0."""

    directions: np.ndarray  # [direction, feature], of length 1
    events: np.ndarray  # [event, feature]


def planted(directions: int, features: int, on: int, events: int, seed: int = 0) -> Planted:
    rng = np.random.default_rng(seed)
    d = rng.normal(size=(directions, features))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    z = np.zeros((events, directions))
    which = np.argsort(rng.random(z.shape), 1)[:, :on]
    np.put_along_axis(z, which, rng.uniform(1, 2, which.shape), 1)
    return Planted(d, (z @ d).astype("f4"))


def trained(config: sparse.Config, x: np.ndarray, steps: int) -> tuple[Any, Any]:
    """The experiment and its last state, from steps on batches in turn, in one program."""
    spec = Spec(x.shape[1:], "float32", "real", examples=len(x))
    experiment = sparse.build(config, spec)
    numbers = hyper(config, -(-len(x) // config.batch_size), steps)
    rows = np.random.default_rng(1).integers(0, len(x), (steps, config.batch_size))
    step = make_step(experiment)

    @jax.jit
    def every(state, x, key, rows):
        def one(state, rows):
            return step(state, Batch(x[rows], x[rows], index=np.arange(config.batch_size)), key, numbers)

        return jax.lax.scan(one, state, rows)

    state, _ = every(fresh_state(experiment, spec, config.seed, numbers), x, jax.random.key(0), rows)
    return experiment, jax.device_get(state)


def recovered(found: np.ndarray, true: np.ndarray) -> float:
    """The mean over the true directions of the largest cosine with a found one."""
    return float((true @ found.T).max(1).mean())

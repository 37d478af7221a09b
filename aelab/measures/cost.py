"""What a model costs: parameters, the operations of a pass as the compiler counts them, and times on this machine."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np

from aelab.batch import Batch
from aelab.evaluation.batches import batches
from aelab.evaluation.estimate import Estimate, bootstrap
from aelab.evaluation.layers import parameter_count
from aelab.measures.measure import Found, Undefined
from aelab.measures.subject import Subject
from aelab.model import Autoencoder, PyTree

MANY = 128  # examples of a batch whose throughput is measured
REPEATS = 20  # timed calls, of which the median counts


def measure(subject: Subject) -> Found:
    """Parameters, FLOPs, latency at batch 1 and throughput at batch 128, of encoder and decoder."""
    one, many = (batch_of(subject, size) for size in (1, MANY))
    found: Found = [subject.measured("parameters", Estimate(parameter_count(subject.params["model"]), 0.0, 1))]
    programs = {"encode": encode, "decode": decode}
    given = {name: [arguments(subject, name, batch) for batch in (one, many)] for name in programs}
    for name, program in programs.items():
        found.append(operations(subject, name, partial(program, subject.model), given[name][1]))
    for name, program in programs.items():
        own = [jax.jit(partial(program, subject.model)) for _ in (one, many)]
        latency, seconds = (times(call, args) for call, args in zip(own, given[name], strict=True))
        found.append(subject.measured(f"{name}_latency", bootstrap(np.median, [1000 * latency])))
        found.append(subject.measured(f"{name}_throughput", bootstrap(lambda s: MANY / np.median(s), [seconds])))
    return found


def batch_of(subject: Subject, size: int) -> Batch:
    """So many examples as the model sees them, the last one repeated where there are fewer."""
    return subject.shown(next(iter(batches(subject.source, size, size, exact=True)))[0])


def encode(model: Autoencoder, params: PyTree, batch: Batch) -> PyTree:
    """The mode of q(z|x)."""
    return model.encode(params, batch.inputs, **batch.beside_inputs).mode


def decode(model: Autoencoder, params: PyTree, batch: Batch, z: PyTree) -> jax.Array:
    """The mean of p(x|z)."""
    return model.decode(params, z, **batch.beside_code).mean


def arguments(subject: Subject, name: str, batch: Batch) -> tuple:
    """What `encode` or `decode` is called with behind the model."""
    if name == "encode":
        return subject.params, batch
    return subject.params, batch, jax.jit(partial(encode, subject.model))(subject.params, batch)


def operations(subject: Subject, name: str, program: Callable, args: tuple) -> Any:
    """Floating-point operations of one example, a part of those of a batch."""
    analysis = jax.jit(program).lower(*args).compile().cost_analysis() or {}
    counted = (analysis[0] if isinstance(analysis, list) else analysis).get("flops", 0)
    if not counted > 0:
        return Undefined(f"{name}_flops", "the compiler of this device counts none")
    return subject.measured(f"{name}_flops", Estimate(float(round(counted / MANY)), 0.0, 1))


def times(call: Callable, args: tuple) -> np.ndarray:
    """Seconds of each of several calls; the first two, which compile and warm up, do not count."""
    found = []
    for _ in range(REPEATS + 2):
        start = time.perf_counter()
        jax.block_until_ready(call(*args))
        found.append(time.perf_counter() - start)
    return np.array(found[2:])

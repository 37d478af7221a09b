"""`aelab apply RUN`: a trained run on a user's own events, batch by batch, from a file to a file."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from aelab.data import arrays, numpy_files, tables
from aelab.data.files import shown
from aelab.data.images import walk
from aelab.data.pictures import SUFFIXES, Form, decode
from aelab.data.source import Spec
from aelab.errors import ConfigError, DataError

TASKS = ("encode", "reconstruct", "score", "sample", "interpolate", "traverse")
BATCH = 500  # events a program call
STEPS = 9  # of an interpolation or a traversal
REACH = 2.5  # a traversal's ends, in standard deviations of N(0, I)

Arrays = dict[str, np.ndarray]


def apply(
    path: Path, task: str, source: Path | None, target: Path, *, which: Any = "last", count: int = 64, seed: int = 0
) -> None:
    """Encode, reconstruct, score, sample, interpolate or traverse; events leave in the units in which they came.

    Raises:
        ConfigError: a task that the run or the files are not fit for.
        DataError: events that do not fit the run's spec.
        StorageError: the output cannot be written.
    """
    from aelab.applied import save
    from aelab.experiment import load, read_spec
    from aelab.runs import Run

    if task != "sample" and source is None:
        raise ConfigError(f"--input: {task} needs a file of events; only sample makes its own")
    model, params, _ = load(path, which)
    spec = read_spec(Run(path))
    if task == "sample":
        if model.parts.prior is None:
            raise ConfigError(f"--task sample: {shown(path)} is a plain autoencoder, which has no prior to draw from")
        if model.conditional:
            raise ConfigError(f"--task sample: the prior of {shown(path)} needs a condition")
        inputs: Iterator[np.ndarray] = (np.arange(i, min(i + BATCH, count)) for i in range(0, count, BATCH))
        total, back = count, lambda x: stored(x, spec)
    else:
        assert source is not None
        events = read(source, spec)
        seen, back = as_seen(events, spec, source)
        size = BATCH - BATCH % 2  # the pairs of an interpolation stay together
        inputs = (seen(events[i : i + size]) for i in range(0, len(events), size))
        total = len(events)
    function = FUNCTIONS[task](model, params, back, seed)
    save(target, told(map(function, inputs), task, total), spec)


def told(results: Iterator[Arrays], task: str, total: int) -> Iterator[Arrays]:
    """The same, counted on stderr."""
    for number, found in enumerate(results, 1):
        print(f"{task}: {min(number * BATCH, total)} of {total}", file=sys.stderr)
        yield found


def read(source: Path, spec: Spec) -> np.ndarray:
    """The events of a `.npz`, `.npy` or `.csv` file, of a picture or of a folder of them: `[n, *event]`.

    Raises:
        DataError: missing, broken, or of another shape than those the run was trained on.
    """
    name = source.name.lower().removesuffix(".gz")
    if source.is_dir() or source.suffix.lower() in SUFFIXES:
        if len(spec.shape) != 3:
            raise DataError(f"{shown(source)}: pictures, but the run was trained on events of shape {spec.shape}")
        x = np.stack([_picture(file, spec) for file in (walk(source, ()) if source.is_dir() else [source])])
    elif name.endswith(".npz"):
        x = numpy_files.read_events(source)
    elif name.endswith(".npy"):
        x = numpy_files.mapped(source)
    elif name.endswith(".csv"):
        x = tables.read(source, "auto").x
    else:
        raise ConfigError(f"--input: {shown(source)}: wanted .npz, .npy, .csv, a picture or a folder of them")
    shape = (len(x) if x.ndim else 0, *spec.shape)
    fits = x.ndim > 1 and (x.shape[1:] in (spec.shape, (int(np.prod(spec.shape)),)) or (*x.shape, 1) == shape)
    if not fits or not len(x) or x.dtype.kind not in "buif":
        raise DataError(
            f"{shown(source)}: {x.dtype} of shape {x.shape}; the run was trained on events of shape {spec.shape}"
        )
    return x.reshape(shape)


def _picture(file: Path, spec: Spec) -> np.ndarray:
    from aelab.data.files import reading

    with reading(file):
        x = decode(file, Form(0, spec.shape[-1], spec.dtype == "uint16"))
        if x.shape != spec.shape:
            raise ValueError(f"a picture of shape {x.shape}; the run was trained on events of shape {spec.shape}")
        return x


def as_seen(x: np.ndarray, spec: Spec, where: Path) -> tuple[Callable, Callable]:
    """How events become what the model sees, and back. Shares in [0, 1] for a set of bytes are taken as they are.

    Raises:
        DataError: values that are not finite, or outside the range of the run's set.
    """
    low, high = float(x.min()), float(x.max())
    if not np.isfinite(low + high):
        raise DataError(f"{shown(where)}: a value is missing or not finite")
    if spec.values == "unit":
        top = float(np.max(spec.scale))
        if low < 0 or high > top:
            raise DataError(f"{shown(where)}: values from {low:g} to {high:g}; the run was trained on 0 to {top:g}")
        if x.dtype.kind == "f" and high <= 1:
            return lambda x: x.astype(np.float32), lambda x: np.asarray(x, np.float32)
    return lambda x: arrays.seen({"x": x}, spec), lambda x: stored(x, spec)


def stored(x: Any, spec: Spec) -> np.ndarray:
    """Events in the units of the set, rounded where those are whole numbers."""
    x = np.asarray(x) * np.asarray(spec.scale, np.float32) + np.asarray(spec.shift, np.float32)
    if spec.dtype.startswith("uint"):
        return np.clip(np.rint(x), 0, np.max(spec.scale)).astype(spec.dtype)
    return x.astype(np.float32)


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

    def lines(z):
        t = np.linspace(0, 1, STEPS, dtype=np.float32).reshape(-1, *(1,) * (z.ndim - 1))
        count = len(z) // 2
        return (1 - t) * z[: 2 * count : 2, None] + t * z[1 : 2 * count : 2, None]

    return _along(model, params, back, lines)


def _traverse(model, params, back, seed):
    """Of every event, each number of its code in turn from -2.5 to 2.5, all others as they are."""

    def lines(z):
        flat = z.reshape(len(z), -1)
        moved = np.tile(flat[:, None, None], (1, flat.shape[1], STEPS, 1))
        for i in range(flat.shape[1]):
            moved[:, i, :, i] = np.linspace(-REACH, REACH, STEPS, dtype=np.float32)
        return moved.reshape(-1, STEPS, *z.shape[1:])

    return _along(model, params, back, lines)


FUNCTIONS = dict(zip(TASKS, (_encode, _reconstruct, _score, _sample, _interpolate, _traverse), strict=True))

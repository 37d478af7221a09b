"""`aelab apply RUN`: a trained run on a user's own events, batch by batch, from a file to a file."""

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from aelab.apply.conditions import read_conditions
from aelab.apply.inputs import as_seen, holes, read
from aelab.apply.transforms import FUNCTIONS
from aelab.data.files import shown
from aelab.data.normalise import as_stored
from aelab.data.source import Spec
from aelab.errors import ConfigError, DataError

TASKS = tuple(FUNCTIONS)
BATCH = 500  # events a program call

Arrays = dict[str, np.ndarray]


def apply(
    path: Path,
    task: str,
    source: Path | None,
    target: Path,
    *,
    which: Any = "last",
    count: int = 64,
    seed: int = 0,
    hidden: Path | None = None,
    spherical: bool = False,
    condition: str = "",
    trust: Any = False,
) -> None:
    """Encode, reconstruct, denoise, inpaint, score, sample, interpolate or traverse events of your own.

    They leave in the units in which they came. Holes to inpaint are NaN, or what is not 0 in the file `hidden`.
    `spherical` interpolates along arcs. A conditional run is shown the `condition`: see `read_conditions`. `trust` is
    that of `aelab.load`.

    Raises:
        ConfigError: a task that the run or the files are not fit for.
        DataError: events that do not fit the run's spec.
        StorageError: the output cannot be written.
    """
    from aelab.apply.outputs import save
    from aelab.runs.folder import Run
    from aelab.runs.load import load, read_spec

    if task != "sample" and source is None:
        raise ConfigError(f"--input: {task} needs a file of events; only sample makes its own")
    if hidden is not None and task != "inpaint":
        raise ConfigError(f"--hidden: {task} fills no holes; only inpaint does")
    if spherical and task != "interpolate":
        raise ConfigError(f"--spherical: {task} goes along no line; only interpolate does")
    model, params, config = load(path, which, trust=trust)
    spec = read_spec(Run(path))
    _fit(task, model, config, path, spec)
    if source is None or task == "sample":
        inputs: Iterator[Any] = (np.arange(i, min(i + BATCH, count)) for i in range(0, count, BATCH))
        total, back = count, lambda x: as_stored(x, spec)
    else:
        events, holed = read(source, spec), None
        if task == "interpolate" and len(events) < 2:
            raise DataError(f"{shown(source)}: one event; a line from one to another needs at least two")
        if task == "inpaint":
            events, holed = holes(events, hidden, spec)
        seen, back = as_seen(events, spec, source)
        inputs, total = _blocks(events, holed, seen, getattr(config, "fill", 0.0)), len(events)
    beside = _beside(read_conditions(condition, source if task != "sample" else None, spec, total), spec)
    function = FUNCTIONS[task](model, params, back, seed, **({"spherical": True} if spherical else {}))
    save(target, counted(map(function, inputs, beside), task, total), spec)


def _blocks(events: np.ndarray, hidden: np.ndarray | None, seen: Callable, fill: float) -> Iterator[Any]:
    """Events as the model sees them, a batch at a time; with what is hidden, and what it saw in holes in training."""
    for i in range(0, len(events), BATCH):  # an even number: the pairs of an interpolation stay together
        x = seen(events[i : i + BATCH])
        yield x if hidden is None else (x, hidden[i : i + BATCH], np.float32(fill))


def _beside(conditions: np.ndarray | None, spec: Spec) -> Iterator[Any]:
    """The conditions of each batch as the model sees them; None for ever where there are none."""
    from aelab.data.to_batch import seen_condition

    if conditions is None:
        yield from itertools.repeat(None)
    else:
        for i in range(0, len(conditions), BATCH):
            yield seen_condition(conditions[i : i + BATCH], spec)


def _fit(task: str, model: Any, config: Any, path: Path, spec: Spec) -> None:
    """
    Raises:
        ConfigError: the run has not learnt the task.
    """
    corruption = getattr(config, "corruption", "none")
    if task == "sample" and model.parts.prior is None:
        raise ConfigError(f"--task sample: {shown(path)} is a plain autoencoder, which has no prior to draw from")
    if task in ("sample", "inpaint") and model.prior_by_example and not spec.condition:
        raise ConfigError(f"--task {task}: the prior of {shown(path)} needs a condition, which no file here holds")
    if task in ("denoise", "inpaint") and corruption == "none":
        raise ConfigError(f"--task {task}: {shown(path)} was trained on whole events; train one with --corruption")
    if task == "inpaint" and corruption == "gaussian":
        raise ConfigError(f"--task inpaint: {shown(path)} learnt to take noise away, not to fill holes")


def counted(results: Iterator[Arrays], task: str, total: int) -> Iterator[Arrays]:
    """The same results; how many events are done is printed on stderr after each batch."""
    for number, found in enumerate(results, 1):
        print(f"{task}: {min(number * BATCH, total)} of {total}", file=sys.stderr)
        yield found

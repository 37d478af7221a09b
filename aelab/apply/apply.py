"""`aelab apply RUN`: a trained run on a user's own events, batch by batch, from a file to a file."""

import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from aelab.apply.checks import require_fitting_flags, require_fitting_run
from aelab.apply.conditions import read_conditions
from aelab.apply.fitted import fitted_codes
from aelab.apply.given import SPLITS, Given, own_split
from aelab.apply.inputs import as_seen, holes, read
from aelab.apply.rows import rows_of
from aelab.apply.transforms import FUNCTIONS, Block
from aelab.data.files import shown
from aelab.data.normalise import as_stored
from aelab.data.source import Spec
from aelab.errors import DataError

TASKS = tuple(FUNCTIONS)
BATCH = 500  # events a program call

Arrays = dict[str, np.ndarray]


def apply(
    path: Path,
    task: str,
    source: Path | str | None,
    target: Path,
    *,
    which: Any = "last",
    count: int = 64,
    seed: int = 0,
    hidden: Path | None = None,
    spherical: bool = False,
    condition: str = "",
    density: str = "prior",
    trust: Any = False,
) -> None:
    """Encode, reconstruct, denoise, inpaint, score, sample, interpolate or traverse events of your own.

    They leave in the units in which they came. Holes to inpaint are NaN, or what is not 0 in the file `hidden`.
    `source` is a file, a folder of pictures, or the name of a split of the run's own set. `spherical` interpolates
    along arcs. A conditional run is shown the `condition`: see `read_conditions`. With another `density` than the
    prior, samples are made of codes from one that is fitted to those of the training events. `trust` is that of
    `aelab.load`.

    Raises:
        ConfigError: a task that the run or the files are not fit for.
        DataError: events that do not fit the run's spec.
        StorageError: the output cannot be written.
    """
    from aelab.apply.outputs import save
    from aelab.evaluation.programs import code_form
    from aelab.latents import dims
    from aelab.runs.folder import Run
    from aelab.runs.load import load, read_spec

    require_fitting_flags(task, source, hidden, spherical, density)
    model, params, config = load(path, which, trust=trust)
    run = Run(path)
    spec = read_spec(run)
    require_fitting_run(task, model, config, path, spec, density)
    given, total, back, inputs = None, count, lambda x: as_stored(x, spec), _numbers(count)
    if source is not None and task != "sample":
        given, holed = _for_task(task, _given(task, source, spec, config, run), hidden, spec, source)
        seen, back = as_seen(given.x, spec, source)
        total, inputs = given.events, _blocks(given, holed, seen, spec, _fill(config))
    beside = _beside(_conditions(condition, source, given, spec, total), spec)
    own: dict[str, Any] = {"spherical": True} if spherical else {}
    if density != "prior":
        own = {"codes": fitted_codes(run, model, params, config, spec, density, count, seed)}
    function = FUNCTIONS[task](model, params, back, seed, **own)
    named = task == "traverse" and not model.conditional  # else a code's form is not known without a condition
    rows = rows_of(task, given, dims(code_form(model, params, spec.shape)) if named else 0)
    made = counted(map(function, inputs, beside), task, total)
    save(target, made, spec, rows, stored=config.data.startswith("images:"))


def _numbers(count: int) -> Iterator[Any]:
    """The numbers of samples to draw, a batch at a time."""
    return (np.arange(i, min(i + BATCH, count)) for i in range(0, count, BATCH))


def _given(task: str, source: Path | str, spec: Spec, config: Any, run: Any) -> Given:
    """The events of a file or a folder, or a split of the run's own set, by its name alone.

    Cells of a table that are to be filled may be empty, whether the run's own were or not.
    """
    from aelab.runs.same_data import require_same_data

    if isinstance(source, str) and source in SPLITS:
        return own_split(source, config, spec, lambda splits: require_same_data(run, splits))
    if task == "inpaint":
        spec, config = spec._replace(missing=True), dataclasses.replace(config, missing="mask")
    return read(Path(source), spec, config)


def _for_task(
    task: str, given: Given, hidden: Path | None, spec: Spec, source: object
) -> tuple[Given, np.ndarray | None]:
    """The events with what is hidden in them, after what was decided about them is said.

    Raises:
        DataError: too few events, or nothing to fill.
    """
    for note in given.notes:
        print(note, file=sys.stderr)
    if task == "interpolate" and given.events < 2:
        raise DataError(f"{shown(source)}: one event; a line needs two ends; give two events or more")
    return holes(given, hidden, spec) if task == "inpaint" else (given, None)


def _conditions(asked: str, source: Path | str | None, given: Given | None, spec: Spec, count: int) -> Any:
    """What a conditional run is shown: what is asked for, or what stands beside the events."""
    if given is not None and given.beside is not None and not asked:
        return given.beside
    file, label = (None, None) if given is None or source is None else (Path(source), given.label)
    return read_conditions(asked, file, spec, count, label)


def _blocks(given: Given, hidden: np.ndarray | None, seen: Callable, spec: Spec, fill: Any) -> Iterator[Block]:
    """Events as the model sees them, a batch at a time; with what is hidden, and what it saw in holes in training."""
    for i in range(0, given.events, BATCH):  # an even number: the pairs of an interpolation stay together
        rows = slice(i, i + BATCH)
        x, mask, observed = seen(given.x[rows]), None, None
        if given.length is not None:
            mask = np.arange(spec.shape[0]) < given.length[rows, None]
            x = np.where(mask[..., None], x, np.float32(0))
        if spec.missing:
            observed = ~np.isnan(given.x[rows])
            observed = observed if mask is None else observed & mask[..., None]
            x = np.nan_to_num(x, nan=0.0)
        yield Block(x, mask, observed, None if hidden is None else hidden[rows], fill, given.x[rows])


def _fill(config: Any) -> np.float32 | None:
    """What a run saw in holes in training; None where no corruption took anything away."""
    from aelab.corruptions import hides

    return np.float32(getattr(config, "fill", 0.0)) if hides(getattr(config, "corruption", "none")) else None


def _beside(conditions: np.ndarray | None, spec: Spec) -> Iterator[Any]:
    """The conditions of each batch as the model sees them; None for ever where there are none."""
    from aelab.data.to_batch import seen_condition

    if conditions is None:
        yield from itertools.repeat(None)
    else:
        for i in range(0, len(conditions), BATCH):
            yield seen_condition(conditions[i : i + BATCH], spec)


def counted(results: Iterator[Arrays], task: str, total: int) -> Iterator[Arrays]:
    """The same results; how many events are done is printed on stderr after each batch."""
    for number, found in enumerate(results, 1):
        print(f"{task}: {min(number * BATCH, total)} of {total}", file=sys.stderr)
        yield found

"""Where the results of `aelab apply` go: arrays, a table, or pictures."""

import csv
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from aelab.apply import table_rows
from aelab.apply.png import pixels, png
from aelab.apply.rows import Rows
from aelab.apply.transforms import CODES, SIGMA
from aelab.data.files import shown
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.latents import dims, flat, layers, names
from aelab.runs.atomic import storing

FILES = "give the name of a .npz, .npy or .csv file"
Arrays = dict[str, Any]  # [n, …], or codes, which may have layers


def save(
    target: Path, results: Iterator[Arrays], spec: Spec, rows: Rows | None = None, *, stored: bool = False
) -> None:
    """Write batches of arrays `[n, …]` to `.npz`, `.npy`, `.csv` (a row an event) or a new folder of PNG files.

    `rows` says what each row is called: that is the name of a picture, or columns of a table. Pictures run from black
    to white over the range that a model sees, unless they are to hold what is `stored`. They have 16 bits where the
    run's set has.
    A file is there whole or not at all.

    Raises:
        ConfigError: a target that cannot hold the results, or a folder that is there.
        StorageError: it cannot be written.
    """
    kind = target.suffix.lower()
    if kind not in (".npz", ".npy", ".csv", ""):
        raise ConfigError(f"--output: {shown(target)}: wanted .npz, .npy, .csv or the name of a new folder")
    if not kind and (target.exists() or len(spec.shape) != 3 or spec.shape[-1] not in (1, 3)):
        what = "is there already; give another name" if target.exists() else f"a folder is for pictures; {FILES}"
        raise ConfigError(f"--output: {shown(target)}: {what}")
    with storing(target, "--output"):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part{kind}")
        try:
            WRITERS[kind](part, results, Form(spec, rows or Rows(), stored))
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            part.unlink(missing_ok=True)


class Form(NamedTuple):
    """What a writer knows beside the results."""

    spec: Spec
    rows: Rows
    stored: bool


def _npz(part: Path, results: Iterator[Arrays], form: Form) -> None:
    with _spooled(part, map(_by_layer, results)) as arrays:
        np.savez_compressed(part, allow_pickle=False, **arrays, **form.rows.columns())


def _npy(part: Path, results: Iterator[Arrays], form: Form) -> None:
    with _spooled(part, map(_side_by_side, results)) as arrays:
        np.save(part, np.stack(list(arrays.values()), -1) if len(arrays) > 1 else next(iter(arrays.values())))


def _by_layer(batch: Arrays) -> Arrays:
    """Codes of several layers as an array for each."""
    return {layer: array for name, value in batch.items() for layer, array in layers(value, name).items()}


def _side_by_side(batch: Arrays) -> Arrays:
    """Codes of several layers as one array, all numbers of a code in a row; the codes alone, without deviations."""
    batch = {name: value for name, value in batch.items() if name != SIGMA}
    return {name: flat(value) if len(layers(value)) > 1 else value for name, value in batch.items()}


@contextmanager
def _spooled(part: Path, results: Iterator[Arrays]) -> Generator[Arrays]:
    """All batches joined, as arrays on disk: no more than a batch is in memory."""
    with tempfile.TemporaryDirectory(dir=part.parent) as folder, ExitStack() as files:
        raw: dict[str, Any] = {}
        shape, count = {}, 0
        for batch in results:
            for name, array in batch.items():
                if name not in raw:
                    raw[name] = files.enter_context((Path(folder) / name).open("wb"))
                    shape[name] = (array.dtype, array.shape[1:])
                raw[name].write(np.ascontiguousarray(array).tobytes())
            count += len(next(iter(batch.values())))
        files.close()
        arrays = {}
        for name, (dtype, rest) in shape.items():
            file = Path(folder) / name
            arrays[name] = np.memmap(file, dtype, "r", shape=(count, *rest)) if count else np.empty((0, *rest), dtype)
        yield arrays


def _csv(part: Path, results: Iterator[Arrays], form: Form) -> None:
    """A row an event: what it is called, then its numbers. The columns of events have the names of the run's table."""
    known, row = form.rows.columns(), 0
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, batch in enumerate(results):
            if not number:
                found = [column for name, value in batch.items() for column in _columns(name, value, form.spec)]
                writer.writerow([*known, *found])
            texts = np.concatenate([_texts(name, value, form.spec) for name, value in batch.items()], 1)
            for values in texts:
                writer.writerow([*(column[row] for column in known.values()), *values])
                row += 1


def _texts(name: str, value: Any, spec: Spec) -> np.ndarray:
    """The cells of each row: words of categories, else numbers."""
    if name == "events" and spec.columns:
        return table_rows.rows(spec.columns, value)
    return np.array([[f"{x:.7g}" for x in values] for values in flat(value)], object)


def _columns(name: str, value: Any, spec: Spec) -> list[str]:
    """The names of columns: those of a code say layer and place, all others are numbered."""
    if name == CODES:
        return names(value, name)
    if name == SIGMA:
        return [f"{SIGMA}_{column}" for column in names(value, CODES)]
    if name == "events" and spec.columns:
        return table_rows.names(spec.columns, value)
    count = dims(value)
    if name == "events" and spec.names and count == len(spec.names):
        return list(spec.names)
    if name == "events" and spec.names and value.shape[2:] == spec.shape:  # steps of a line
        return [f"{column} step {step}" for step in range(value.shape[1]) for column in spec.names]
    return [name] if count == 1 else [f"{name}{i}" for i in range(count)]


def _folder(part: Path, results: Iterator[Arrays], form: Form) -> None:
    """A picture an event, called as the one it came from; steps of a line stand side by side."""
    part.mkdir(exist_ok=True)
    targets = None if form.rows.files is None else _targets(form.rows.files)
    number = 0
    for batch in results:
        if "events" not in batch or (form.spec.values != "unit" and np.dtype(form.spec.dtype).kind != "u"):
            raise ConfigError(f"--output: these results are no pictures; {FILES}")
        for x in batch["events"]:
            x = np.concatenate(list(x), 1) if x.ndim == 4 else x
            file = part / (f"{number:06d}.png" if targets is None else targets[number])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(png(pixels(x, form.spec, stored=form.stored)))
            number += 1


def _targets(files: Sequence[str]) -> list[str]:
    """`a/b.png` for `a/b.tif`; where two files would become one, the whole name stays before `.png`."""
    short = [str(PurePosixPath(name).with_suffix("")) for name in files]
    alike = Counter(short)
    return [f"{one if alike[one] == 1 else name}.png" for one, name in zip(short, files, strict=True)]


WRITERS = {".npz": _npz, ".npy": _npy, ".csv": _csv, "": _folder}

"""Where the results of `aelab apply` go: arrays, a table, or pictures."""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from aelab.apply.transforms import CODES
from aelab.data.files import shown
from aelab.data.normalise import normalise
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.latents import dims, flat, layers, names
from aelab.runs.atomic import storing

Arrays = dict[str, Any]  # [n, …], or codes, which may have layers


def save(target: Path, results: Iterator[Arrays], spec: Spec) -> None:
    """Write batches of arrays `[n, …]` to `.npz`, `.npy`, `.csv` (a row an event) or a new folder of PNG files.

    A file is there whole or not at all.

    Raises:
        ConfigError: a target that cannot hold the results, or a folder that is there.
        StorageError: it cannot be written.
    """
    kind = target.suffix.lower()
    if kind not in (".npz", ".npy", ".csv", ""):
        raise ConfigError(f"--output: {shown(target)}: wanted .npz, .npy, .csv or the name of a new folder")
    if not kind and (target.exists() or len(spec.shape) != 3 or spec.shape[-1] not in (1, 3)):
        what = "is there already" if target.exists() else "a folder is for pictures, and these events are none"
        raise ConfigError(f"--output: {shown(target)}: {what}")
    with storing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part{kind}")
        try:
            WRITERS[kind](part, results, spec)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            part.unlink(missing_ok=True)


def _npz(part: Path, results: Iterator[Arrays], spec: Spec) -> None:
    with _spooled(part, map(_by_layer, results)) as arrays:
        np.savez_compressed(part, allow_pickle=False, **arrays)


def _npy(part: Path, results: Iterator[Arrays], spec: Spec) -> None:
    with _spooled(part, map(_side_by_side, results)) as arrays:
        np.save(part, np.stack(list(arrays.values()), -1) if len(arrays) > 1 else next(iter(arrays.values())))


def _by_layer(batch: Arrays) -> Arrays:
    """Codes of several layers as an array for each."""
    return {layer: array for name, value in batch.items() for layer, array in layers(value, name).items()}


def _side_by_side(batch: Arrays) -> Arrays:
    """Codes of several layers as one array, all numbers of a code in a row."""
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


def _csv(part: Path, results: Iterator[Arrays], spec: Spec) -> None:
    with part.open("w") as file:
        for number, batch in enumerate(results):
            columns = {name: flat(value) for name, value in batch.items()}
            if not number:
                found = [column for name, value in batch.items() for column in _columns(name, value)]
                file.write(",".join(found) + "\n")
            np.savetxt(file, np.concatenate(list(columns.values()), 1), fmt="%.7g", delimiter=",")


def _columns(name: str, value: Any) -> list[str]:
    """The names of columns: those of a code say layer and place, all others are numbered."""
    if name == CODES:
        return names(value, name)
    count = dims(value)
    return [name] if count == 1 else [f"{name}{i}" for i in range(count)]


def _folder(part: Path, results: Iterator[Arrays], spec: Spec) -> None:
    """A picture an event; steps of a line stand side by side."""
    from PIL import Image

    part.mkdir(exist_ok=True)
    number = 0
    for batch in results:
        if "events" not in batch or spec.values != "unit":
            raise ConfigError("--output: these results are no pictures; wanted .npz, .npy or .csv")
        for x in batch["events"]:
            x = np.concatenate(list(x), 1) if x.ndim == 4 else x
            whole = _bytes(x, spec)
            Image.fromarray(whole[..., 0] if whole.shape[-1] == 1 else whole).save(part / f"{number:06d}.png")
            number += 1


def _bytes(x: np.ndarray, spec: Spec) -> np.ndarray:
    """Events in the units in which they came, as pictures of bytes: 0 is black and 255 is white."""
    shares = x.dtype.kind == "f" and np.dtype(spec.dtype).kind != "f"  # what came as shares left as shares
    share = x if shares else normalise(x.astype(np.float64), spec)
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)


WRITERS = {".npz": _npz, ".npy": _npy, ".csv": _csv, "": _folder}

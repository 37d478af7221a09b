"""From any set to a folder of shards: written once, read by row from then on."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aelab.config import DataOptions
from aelab.data.condition import unconditioned
from aelab.data.folder import make_folder
from aelab.data.shards import FORMATS, INFO, SCHEMA, column_path, shard_path
from aelab.data.source import Source
from aelab.errors import ConfigError

SHARD = 256 << 20  # bytes of the events of a file
PIECE = 8 << 20  # bytes of events in memory at a time


def convert(data: str | DataOptions, folder: Path, *, to: str = "npy", **options: Any) -> None:
    """Write what `aelab.data.load(data, **options)` gives as shards; `shards:<folder>` then gives the same splits.

    Spec and fingerprints are those of the set: they stand for the same events, in the same order, whatever the format.
    The folder appears whole or not at all.

    Raises:
        ConfigError: the folder exists, or the options do not fit.
        DataError: the set is unknown, missing or broken.
        StorageError: the folder cannot be written, or the disk is full.
    """
    from aelab.data import load

    if folder.exists():
        raise ConfigError(f"{folder}: exists already, and nothing is overwritten; remove it or choose another name")
    asked = DataOptions(data, **options) if isinstance(data, str) else dataclasses.replace(data, **options)
    if asked.binarize:
        raise ConfigError("--binarize: shards keep events as they are; give it when you train on them")
    splits = load(asked)
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    named = {split: source for split, source in parts.items() if source is not None}
    if not make_folder(folder, lambda part: write(part, splits.name, named, to)):
        raise ConfigError(f"{folder}: another process has just made it, and nothing is overwritten")


def write(folder: Path, name: str, splits: Mapping[str, Source], to: str = "npy") -> None:
    """The files of a set, into an empty folder; memory is that of a piece, and of the labels."""
    said = {split: _write_split(folder, split, source, to) for split, source in splits.items()}
    spec = unconditioned(next(iter(splits.values())).spec)  # who reads the folder says what to show beside the events
    known = {field: value for field, value in spec._asdict().items() if field != "examples"}  # `splits` says how many
    info = {"schema": SCHEMA, "name": name, "format": to, "spec": known, "splits": said}
    (folder / INFO).write_text(json.dumps(info, indent=2) + "\n")


def _write_split(folder: Path, split: str, source: Source, to: str) -> dict[str, Any]:
    per_file = max(1, SHARD // source.spec.event_bytes)
    columns: dict[str, list[np.ndarray]] = {}

    def events(begin: int, end: int) -> Iterator[np.ndarray]:
        step = max(1, PIECE // source.spec.event_bytes)
        for start in range(begin, end, step):
            batch = source.get_batch(np.arange(start, min(start + step, end)))
            for name in batch.keys() - {"x"}:
                columns.setdefault(name, []).append(batch[name])
            yield batch["x"]

    for file, begin in enumerate(range(0, len(source), per_file)):
        end = min(begin + per_file, len(source))
        shape, dtype = source.spec.shape, np.dtype(source.spec.dtype)
        FORMATS[to].write(shard_path(folder, split, file, to), end - begin, dtype, shape, events(begin, end))
    for name, pieces in columns.items():
        np.save(column_path(folder, split, name), np.concatenate(pieces))
    sizes = {"examples": len(source), "per_file": per_file}
    return {**sizes, "columns": sorted(columns), "fingerprint": source.fingerprint}

"""A folder that TFDS prepared as array_record, read by index, and nothing outside it."""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource, resident
from aelab.data.files import reading, reason, shown
from aelab.data.own import Part, assemble, split_roles
from aelab.data.pictures import decode
from aelab.data.printed import Printed
from aelab.data.source import Source, Spec, Splits
from aelab.data.tfds_features import Reading, reading_of
from aelab.errors import ConfigError, DataError

HELD_OUT = ("validation", "valid", "val", "dev")  # names of splits to choose on


@dataclass(eq=False, repr=False)
class Records(Printed):
    """Records that are read and decoded when they are asked for."""

    folder: Path
    split: str
    records: Any  # of TFDS
    how: Reading
    spec: Spec

    def __len__(self) -> int:
        return len(self.records)

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Events `x` as stored, shape (len(indices), *spec.shape), and `label` where there are classes.

        Raises:
            DataError: a record is damaged.
        """
        with reading(self.folder):
            rows = self.records.__getitems__([int(i) for i in indices])  # its door for many
            batch = {"x": np.stack([self._event(row) for row in rows]).astype(self.spec.dtype, copy=False)}
            if self.how.label:
                batch["label"] = np.array([row[self.how.label] for row in rows], np.int32)
            return batch

    def _event(self, row: Any) -> np.ndarray:
        first = row[self.how.names[0]]
        if self.how.form:
            x = decode(io.BytesIO(first), self.how.form, upright=False)
        else:
            x = np.asarray(first if len(self.how.names) == 1 else [row[name] for name in self.how.names])
        return x.reshape(self.spec.shape)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the folder's files, which split of them this is and how it is read."""
        return hashlib.sha256(f"{self.split} {self.how} {digest(self.folder)}".encode()).hexdigest()


@cache
def digest(folder: Path) -> str:
    """sha256 over the names and bytes of a folder's files."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        with reading(path), path.open("rb") as file:
            whole.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    return whole.hexdigest()


def read(folder: Path, options: DataOptions) -> Splits:
    """The splits of one prepared version, in the order of TFDS; its validation split is used unless `split` is given.

    Raises:
        ConfigError: `split` or `image_size` that do not fit the set.
        DataError: the folder is broken, or nothing in it can be an event.
        ImportError: it needs a package that is not here; tfrecord files need TensorFlow itself.
    """
    try:
        builder = open_folder(folder)
        how, spec = reading_of(builder, folder, options)
        asked = _asked(builder, options)
        skip = {name: _skip() for name in how.names if how.form}
        records = {role: builder.as_data_source(split=part, decoders=skip or None) for role, part in asked.items()}
    except (ImportError, DataError, ConfigError):
        raise
    except Exception as error:  # TFDS and array_record raise what they like
        raise DataError(f"{shown(folder)}: cannot be read: {reason(error)}") from error
    sources = {role: resident(Records(folder, asked[role], found, how, spec)) for role, found in records.items()}
    return _splits(folder, options, sources, spec)


def file_format(folder: Path) -> str:
    """What TFDS says the records of a folder are stored as.

    Raises:
        DataError: `dataset_info.json` is broken.
    """
    with reading(folder / "dataset_info.json"):
        return json.loads((folder / "dataset_info.json").read_text()).get("fileFormat", "tfrecord")


def open_folder(folder: Path) -> Any:
    """TFDS's builder of the folder and of nothing else.

    Raises:
        DataError: its files name code outside TFDS.
        ImportError: tfrecord needs TensorFlow; TFDS is not installed.
    """
    if (form := file_format(folder)) != "array_record":
        raise ImportError(f"TFDS needs TensorFlow to read {form}; prepare it with file_format array_record")
    features = folder / "features.json"
    for name in _code(json.loads(features.read_text())):
        if not name.startswith("tensorflow_datasets.core.features."):
            raise DataError(f"{shown(features)}: names code outside TFDS, {shown(name)}, which is not run")
    import tensorflow_datasets as tfds

    return tfds.builder_from_directory(folder)


def _code(said: Any) -> Iterator[str]:
    """The names of classes that TFDS would import to read these features, in its new and its old spelling."""
    for key, value in said.items() if isinstance(said, dict) else ():
        if key in ("pythonClassName", "python_class_name", "type") and isinstance(value, str) and "." in value:
            yield value
        yield from _code(value)
    for value in said if isinstance(said, list) else ():
        yield from _code(value)


def _skip() -> Any:
    import tensorflow_datasets as tfds

    return tfds.decode.SkipDecoding()


def _asked(builder: Any, options: DataOptions) -> dict[str, str]:
    """The TFDS expression of each split.

    Raises:
        ConfigError: `--split` is none.
    """
    there = list(builder.info.splits)
    train = options.split or ("train" if "train" in there else there[0])
    asked = {"train": train}
    if "test" in there and not re.search(r"\btest\b", train):
        asked["test"] = "test"
    held_out = next((name for name in HELD_OUT if name in there), None)
    if held_out and not options.split and train != held_out:
        asked["held_out"] = held_out
    try:
        count = builder.info.splits[train].num_examples
    except Exception as error:
        raise ConfigError(f"--split: {options.split}: {reason(error)}; splits: {', '.join(there)}") from error
    if not count:
        raise ConfigError(f"--split: {train}: there is nothing in it")
    return asked


def _splits(folder: Path, options: DataOptions, sources: dict[str, Source], spec: Spec) -> Splits:
    """What fits in memory goes the way of a user's own arrays, which looks at the values."""
    own = {
        role: Part(source.x, _labels(source), folder)
        for role, source in sources.items()
        if isinstance(source, ArraySource)
    }
    if len(own) == len(sources):
        return assemble(options, own, spec.classes, guess=False)
    return split_roles(options, sources, folder)


def _labels(source: ArraySource) -> np.ndarray | None:
    """-1 throughout is how TFDS says that a split has none."""
    return None if source.label is None or (source.label == -1).all() else source.label

"""A folder that TFDS prepared as array_record, read by index: which feature is the event, which one its class."""

import hashlib
import io
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource, resident
from aelab.data.files import reading, reason, shown
from aelab.data.own import Part, assemble, split_roles
from aelab.data.pictures import Form, decode
from aelab.data.source import Source, Spec, Splits
from aelab.errors import ConfigError, DataError

HELD_OUT = ("validation", "valid", "val", "dev")  # names of splits to choose on


class Reading(NamedTuple):
    """How a record becomes an event."""

    names: tuple[str, ...]  # the feature, or several numbers that become a vector
    label: str | None
    form: Form | None  # of pictures


@dataclass(eq=False)
class Records:
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
        """sha256 over what is read of the folder's files, their sizes and what TFDS says of them."""
        digest = hashlib.sha256(f"{self.split} {self.how}".encode())
        for path in sorted(self.folder.iterdir()):
            digest.update(f"{path.name} {path.stat().st_size}".encode())
            digest.update(path.read_bytes() if path.suffix in (".json", ".txt") else b"")
        return digest.hexdigest()


def read(folder: Path, options: DataOptions) -> Splits:
    """The splits of one prepared version, in the order of TFDS; its validation split is used unless `split` is given.

    Raises:
        ConfigError: `split` or `image_size` that do not fit the set.
        DataError: the folder is broken, or nothing in it can be an event.
        ImportError: it needs a package that is not here; tfrecord files need TensorFlow itself.
    """
    try:
        builder = open_folder(folder)
        how, spec = _reading(builder, folder, options)
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
    for name in re.findall(
        r'"(?:pythonClassName|python_class_name|type)"\s*:\s*"([^"]*\.[^"]*)"', features.read_text()
    ):
        if not name.startswith("tensorflow_datasets.core.features."):
            raise DataError(f"{shown(features)}: names code outside TFDS, {name}, which is not run")
    import tensorflow_datasets as tfds

    return tfds.builder_from_directory(folder)


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


def _reading(builder: Any, folder: Path, options: DataOptions) -> tuple[Reading, Spec]:
    """Which features are the event and its class: what the set says is supervised, else the only ones of their kind."""
    import tensorflow_datasets as tfds

    kinds = tfds.features
    features = dict(builder.info.features.items())
    keys = [key if isinstance(key, str) else None for key in builder.info.supervised_keys or (None, None)][:2]
    classes = [name for name, feature in features.items() if isinstance(feature, kinds.ClassLabel)]
    label = next((name for name in (keys[1], "label") if name in classes), classes[0] if len(classes) == 1 else None)
    names = features[label].names if label else ()
    images = [n for n, f in features.items() if isinstance(f, kinds.Image) and not isinstance(f, kinds.LabeledImage)]
    image = next((name for name in (keys[0], "image") if name in images), images[0] if len(images) == 1 else None)
    if image and features[image].np_dtype != np.float32:
        how, spec = _picture(folder, image, label, features[image], options)
        return how, spec._replace(classes=tuple(names))
    if options.image_size:
        raise ConfigError(f"--image-size: {options.data} holds no pictures; leave it out")
    numbers = [n for n, f in features.items() if n not in classes and f.np_dtype.kind in "buif"]
    whole = [n for n in numbers if features[n].shape and None not in features[n].shape and len(features[n].shape) <= 3]
    scalars = tuple(sorted(n for n in numbers if features[n].shape == ()))
    event = next((n for n in (image, keys[0], "features") if n in whole), whole[0] if len(whole) == 1 else None)
    if event is None and not scalars:
        raise DataError(f"{shown(folder)}: none of its features can be the event: {', '.join(features)}")
    shape = features[event].shape if event else (len(scalars),)
    return Reading((event,) if event else scalars, label, None), Spec(shape, "float32", "real", classes=tuple(names))


def _picture(folder: Path, name: str, label: str | None, feature: Any, options: DataOptions) -> tuple[Reading, Spec]:
    height, width, channels = feature.shape
    if None in (height, width) and not options.image_size:
        raise DataError(f"{shown(folder)}: its pictures have different sizes; give --image-size")
    deep = feature.np_dtype == np.uint16
    form = Form(options.image_size, 1 if channels == 1 else 3, deep)
    size = (form.size, form.size) if form.size else (height, width)
    top = 65535 if deep else 255
    spec = Spec((*size, form.channels), "uint16" if deep else "uint8", "unit", scale=float(top), levels=top + 1)
    return Reading((name,), label, form), spec


def _splits(folder: Path, options: DataOptions, sources: dict[str, Source], spec: Spec) -> Splits:
    """What fits in memory goes the way of a user's own arrays, which looks at the values."""
    own = {
        role: Part(source.x, _labels(source), folder)
        for role, source in sources.items()
        if isinstance(source, ArraySource)
    }
    if len(own) == len(sources):
        return assemble(options, own, spec.classes)
    return split_roles(options, sources, folder)


def _labels(source: ArraySource) -> np.ndarray | None:
    """-1 throughout is how TFDS says that a split has none."""
    return None if source.label is None or (source.label == -1).all() else source.label

"""Sets of events, one file a kind: `load(name)` gives the splits that a run trains on and is judged by."""

import dataclasses
import difflib
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

from aelab.config import DataOptions, check, flag
from aelab.data.bits import binarised
from aelab.data.classes import only
from aelab.data.condition import NONE, conditioned
from aelab.data.few_labels import few
from aelab.data.files import shown
from aelab.data.source import Source, Spec, Splits
from aelab.errors import ConfigError, DataError

__all__ = ["DataOptions", "Source", "Spec", "Splits", "kinds", "load", "menu"]

# A name and the file of this folder that reads it, `file.load(options) -> Splits`. A script of a user's own may add a
# function of that form under another name.
menu: dict[str, str | Callable[[DataOptions], Splits]] = {
    "fashion_small": "fashion_small",
    "digits": "digits",
    "tfds:mnist": "tfds",
    "tfds:fashion_mnist": "tfds",
    "binarized_mnist": "binarized",
    "ecg5000": "series",
    "gunpoint": "series",
    "italypowerdemand": "series",
    "japanesevowels": "series",
    "omniglot_small": "omniglot",
    "sprites": "sprites",
}


ALWAYS = (
    "data",
    "validation",
    "classes",
    "binarize",
    "condition",
    "labelled",
)  # fields of `DataOptions` that mean something to every set


class Kind(NamedTuple):
    """What may stand before a colon."""

    file: str | Callable[[DataOptions], Splits]  # of this folder, judges the rest of the name itself; or the function
    options: tuple[str, ...] = ()  # fields of `DataOptions` it goes by besides those


ARRAYS = ("kind", "scale", "missing", "window", "stride")

kinds = {
    "tfds": Kind("tfds", ("split", "image_size")),
    "images": Kind("images", ("image_size", "colour", "scale")),
    "npz": Kind("numpy_files", ARRAYS),
    "npy": Kind("numpy_files", ARRAYS),
    "csv": Kind("tables", ("label_column", "columns", "drop_columns", "categorical", "decimal", *ARRAYS)),
    "ts": Kind("series", ("label_column", "missing", "window", "stride")),
    "idx": Kind("idx", ("kind", "scale", "missing")),
    "shards": Kind("shards"),
}


def load(data: str | DataOptions, **options: Any) -> Splits:
    """The set called `data`, read as the other fields of `DataOptions` say; nothing is downloaded, ever.

    The config of a run is its own options: `load(config)`. What is held out for validation or testing, where a set
    has no such split, goes by a seed that is never the run's, so all runs hold out the same events.

    Raises:
        ConfigError: an option that is out of bounds, or that this set does not go by.
        DataError: the set is unknown, missing or broken; one line that says what helps.
    """
    asked = DataOptions(data, **options) if isinstance(data, str) else dataclasses.replace(data, **options)
    check(asked)
    kind = _kind(asked.data)
    for field in dataclasses.fields(DataOptions):
        if field.name not in (*ALWAYS, *kind.options) and getattr(asked, field.name) != field.default:
            raise ConfigError(f"{flag(field.name)}: it means nothing to --data {shown(asked.data)}; leave it out")
    splits = _reader(kind)(asked)
    splits = only(splits, asked.classes) if asked.classes else splits
    splits = conditioned(splits, asked.condition) if asked.condition != NONE else splits
    splits = few(splits, asked.labelled) if asked.labelled else splits
    splits = binarised(splits) if asked.binarize else splits
    return splits._replace(spec=splits.spec._replace(examples=len(splits.train)))


def _reader(kind: Kind) -> Callable[[DataOptions], Splits]:
    if not isinstance(kind.file, str):
        return kind.file
    return importlib.import_module(f"aelab.data.{kind.file}").load  # here, so that a menu imports no set


def _kind(name: str) -> Kind:
    if name in menu:
        return kinds["tfds"] if name.startswith("tfds:") else Kind(menu[name])
    kind, colon, _ = name.partition(":")
    if not colon or kind not in kinds:
        known = [*menu, *(f"{kind}:" for kind in kinds if kind != "tfds")]
        nearest = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0)[0]
        raise DataError(f"--data: unknown set {name!r}; nearest: {nearest}; known: {', '.join(known)}")
    if "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise DataError(f"--data: {shown(name)}: neither a zero byte nor a name that is not UTF-8 can be a path here")
    return kinds[kind]

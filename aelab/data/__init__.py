"""Sets of events, one file a kind: `load(name)` gives the splits that a run trains on and is judged by."""

import difflib
import importlib
from typing import get_args

from aelab.config import Share
from aelab.data.source import Source, Spec, Splits
from aelab.errors import ConfigError, DataError

__all__ = ["Source", "Spec", "Splits", "load", "menu"]

# A name and the file of this folder that reads it: `file.load(name, validation) -> Splits`.
menu = {
    "fashion_small": "fashion_small",
    "digits": "digits",
    "tfds:mnist": "tfds",
    "tfds:fashion_mnist": "tfds",
    "binarized_mnist": "binarized",
    "ecg5000": "series",
    "gunpoint": "series",
    "italypowerdemand": "series",
    "japanesevowels": "series",
}
kinds = {"tfds": "tfds"}  # what may stand before a colon: these files judge the rest of the name themselves


def load(name: str, *, validation: float = 0.1) -> Splits:
    """The set called `name`; nothing is downloaded, ever.

    `validation` is the share of the training set to hold out, 0 for none, by a seed that is never the run's, so all
    runs hold out the same events. Sets with a validation split of their own use that one.

    Raises:
        ConfigError: `validation` is not a share.
        DataError: the set is unknown, missing or broken; one line that says what helps.
    """
    bounds = get_args(Share)[1]
    if validation not in bounds:
        raise ConfigError(f"--validation: must be {bounds}, got {validation}")
    kind, colon, _ = name.partition(":")
    file = menu.get(name) or (kinds.get(kind) if colon else None)
    if file is None:
        nearest = difflib.get_close_matches(name.lower(), menu, n=1, cutoff=0)[0]
        raise DataError(f"--data: unknown set {name!r}; nearest: {nearest}; known: {', '.join(menu)}")
    return importlib.import_module(f"aelab.data.{file}").load(name, validation)  # here, so that a menu imports no set

"""Time series of the UCR and UEA archives (Dau et al. 2019, arXiv:1810.07758) under `$AELAB_DATA_DIR`.

`.ts` files: channels separated by `:`, steps by `,`, the class last, lengths as they come. `.txt` and `.tsv` files: one
series of one channel a line, the class first. Both may be gzipped.
"""

import gzip
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aelab.data.arrays import ArraySource, reason, split_standardised
from aelab.data.source import Spec, Splits
from aelab.errors import DataError

LIMIT = 1 << 30  # characters of an unpacked file; the largest set of the archives stays below


class Series(NamedTuple):
    """What a file holds: each series `(time, channel)` and its class by name."""

    events: list[np.ndarray]
    classes: list[str]


# A name and its files under $AELAB_DATA_DIR, train and test.
FILES = {
    "ecg5000": ("ecg5000/ECG5000_TRAIN.txt.gz", "ecg5000/ECG5000_TEST.txt.gz"),
    "gunpoint": ("ucr/GunPoint_TRAIN.ts.gz", "ucr/GunPoint_TEST.ts.gz"),
    "italypowerdemand": ("ucr/ItalyPowerDemand_TRAIN.ts.gz", "ucr/ItalyPowerDemand_TEST.ts.gz"),
    "japanesevowels": ("ucr/JapaneseVowels_TRAIN.ts.gz", "ucr/JapaneseVowels_TEST.ts.gz"),
}


def load(name: str, validation: float) -> Splits:
    """The set's own train and test splits, standardised by channel on train, series padded to the longest of both.

    Raises:
        DataError: a file is missing or broken.
    """
    root = Path(os.environ.get("AELAB_DATA_DIR") or "$AELAB_DATA_DIR")
    for file in FILES[name]:
        if not (root / file).is_file():
            raise DataError(f"{root / file}: no such file; set AELAB_DATA_DIR to the folder that holds {file}")
    train, test = (read(root / file) for file in FILES[name])
    time = max(len(event) for event in (*train.events, *test.events))
    classes = tuple(sorted({*train.classes, *test.classes}))
    spec = Spec((time, train.events[0].shape[1]), "float32", "real", classes=classes)
    return split_standardised(name, _source(train, spec), _source(test, spec), validation=validation)


def read(path: Path) -> Series:
    """The series of one file.

    Raises:
        DataError: missing, truncated, not numbers, or channels that do not match.
    """
    try:
        unpack = gzip.open if path.suffix == ".gz" else open
        with unpack(path, "rt", encoding="utf-8-sig") as file:
            text = file.read(LIMIT + 1)
        if len(text) > LIMIT:
            raise ValueError(f"more than {LIMIT} characters")
        return _parse_ts(text) if ".ts" in path.suffixes else _parse_table(text)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error


def _parse_ts(text: str) -> Series:
    """Lines behind `@data`; comments and the header before it say nothing the lines do not."""
    _, found, body = text.partition("@data")
    if not found:
        raise ValueError("no @data line")
    rows = [line.split(":") for line in body.split()]
    events = [np.array([channel.split(",") for channel in row[:-1]], np.float32).T for row in rows]
    return _checked(events, [row[-1] for row in rows])


def _parse_table(text: str) -> Series:
    rows = [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]
    events = [np.array(row[1:], np.float32)[:, None] for row in rows]
    return _checked(events, [f"{float(row[0]):g}" for row in rows])


def _checked(events: list[np.ndarray], classes: list[str]) -> Series:
    if not events:
        raise ValueError("it holds no series")
    for number, event in enumerate(events, 1):
        if event.size == 0 or event.shape[1] != events[0].shape[1]:
            raise ValueError(f"series {number} has shape {event.shape}, the first one {events[0].shape}")
        if not np.isfinite(event).all():
            raise ValueError(f"series {number} has values that are missing or not finite")
    return Series(events, classes)


def _source(series: Series, spec: Spec) -> ArraySource:
    lengths = np.array([len(event) for event in series.events])
    x = np.zeros((len(lengths), *spec.shape), np.float32)
    for row, event in zip(x, series.events, strict=True):
        row[: len(event)] = event
    label = np.array([spec.classes.index(name) for name in series.classes])
    return ArraySource(x, label, spec, None if (lengths == spec.shape[0]).all() else lengths)

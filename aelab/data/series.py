"""Time series of the UCR and UEA archives (Dau et al. 2019, arXiv:1810.07758), and your own as `ts:FILE`.

`.ts` files: channels separated by `:`, steps by `,`, the class last, lengths as they come. `.txt` and `.tsv` files: one
series of one channel a line, the class first. Both may be gzipped.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.files import by_role, file_of, lines, reading, shown
from aelab.data.labels import class_labels, class_names
from aelab.data.own import split_roles
from aelab.data.source import Spec, Splits
from aelab.data.tables import label_index
from aelab.errors import ConfigError, DataError


class Series(NamedTuple):
    """What a file holds: each series `(time, channel)` and its class by name, or None."""

    events: list[np.ndarray]
    classes: list[str] | None


# A name and its files under $AELAB_DATA_DIR, train and test.
FILES = {
    "ecg5000": ("ecg5000/ECG5000_TRAIN.txt.gz", "ecg5000/ECG5000_TEST.txt.gz"),
    "gunpoint": ("ucr/GunPoint_TRAIN.ts.gz", "ucr/GunPoint_TEST.ts.gz"),
    "italypowerdemand": ("ucr/ItalyPowerDemand_TRAIN.ts.gz", "ucr/ItalyPowerDemand_TEST.ts.gz"),
    "japanesevowels": ("ucr/JapaneseVowels_TRAIN.ts.gz", "ucr/JapaneseVowels_TEST.ts.gz"),
}


def load(options: DataOptions) -> Splits:
    """Train and test files, or 80/10/10 of one, standardised by channel on train, series padded to the longest of all.

    Raises:
        ConfigError: `--label-column` for a file that says itself where its classes are.
        DataError: a file is missing or broken.
    """
    paths = _named(options.data) if options.data in FILES else list(by_role(file_of(options.data, "file")).values())
    found = [read(path, options.label_column) for path in paths]
    channels = found[0].events[0].shape[1]
    for path, series in zip(paths, found, strict=True):
        if series.events[0].shape[1] != channels:
            raise DataError(f"{shown(path)}: {series.events[0].shape[1]} channels, the training series have {channels}")
    time = max(len(event) for series in found for event in series.events)
    labels = [None if series.classes is None else class_labels(series.classes) for series in found]
    classes, numbered = class_names(labels, [len(series.events) for series in found], paths[0])
    spec = Spec((time, channels), "float32", "real", classes=classes)
    sources = [_source(series.events, label, spec) for series, label in zip(found, numbered, strict=True)]
    return split_roles(options, dict(zip(("train", "test"), sources, strict=False)), paths[0])


def _named(name: str) -> list[Path]:
    root = Path(os.environ.get("AELAB_DATA_DIR") or "$AELAB_DATA_DIR")
    for file in FILES[name]:
        if not (root / file).is_file():
            raise DataError(f"{root / file}: no such file; set AELAB_DATA_DIR to the folder that holds {file}")
    return [root / file for file in FILES[name]]


def read(path: Path, label_column: str = "auto") -> Series:
    """The series of one file; `label_column` of a table is its first unless it says a number or none.

    Raises:
        ConfigError: a label column that the file has no use for.
        DataError: missing, truncated, not numbers, or channels that do not match.
    """
    with reading(path):
        if ".ts" not in path.suffixes:
            return _parse_table(lines(path), label_column)
        if label_column != "auto":
            raise ConfigError(f"--label-column: {shown(path)} says itself where its classes are; leave it out")
        return _parse_ts(lines(path))


def _parse_ts(text: Iterator[str]) -> Series:
    """A header with comments, `@data`, and a series a line: all a header says that its lines do not is of the class."""
    labelled = True
    for line in text:
        words = line.strip().lower().split()
        if words[:1] == ["@data"]:
            break
        if words[:1] in (["@classlabel"], ["@targetlabel"]):
            labelled = words[1:2] != ["false"]
        if words[:2] == ["@timestamps", "true"]:
            raise ValueError("series with time stamps are not read; sample them at equal steps")
    else:
        raise ValueError("no @data line")
    events, names = [], []
    for line in text:
        if line.strip() and not line.startswith("#"):
            cells = line.split(":")
            if labelled:
                names.append(sys.intern(cells.pop().strip()))
            events.append(_channels([channel.split(",") for channel in cells]))
    return _checked(events, names if labelled else None)


def _channels(cells: list[list[str]]) -> np.ndarray:
    lengths = {len(channel) for channel in cells}
    if len(lengths) > 1:
        raise ValueError(f"channels of different lengths in one series: {sorted(lengths)}")
    return np.array(cells, np.float32).T


def _parse_table(text: Iterable[str], label_column: str) -> Series:
    events, names = [], []
    for line in text:
        if cells := line.replace(",", " ").split():
            label = 0 if label_column == "auto" else label_index(label_column, len(cells), ())
            if label is not None:
                names.append(sys.intern(cells.pop(label)))
            events.append(np.array(cells, np.float32)[:, None])
    return _checked(events, names if label_column != "none" else None)


def _checked(events: list[np.ndarray], classes: list[str] | None) -> Series:
    if not events:
        raise ValueError("it holds no series")
    for number, event in enumerate(events, 1):
        if event.size == 0 or event.shape[1] != events[0].shape[1]:
            raise ValueError(f"series {number} has shape {event.shape}, the first one {events[0].shape}")
        if not np.isfinite(event).all():
            raise ValueError(f"series {number} has values that are missing or not finite")
    return Series(events, classes)


def _source(events: list[np.ndarray], label: np.ndarray | None, spec: Spec) -> ArraySource:
    lengths = np.array([len(event) for event in events])
    x = np.zeros((len(lengths), *spec.shape), np.float32)
    for row, event in zip(x, events, strict=True):
        row[: len(event)] = event
    return ArraySource(x, label, spec, None if (lengths == spec.shape[0]).all() else lengths)

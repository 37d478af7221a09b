"""Time series of the UCR and UEA archives (Dau et al. 2019, arXiv:1810.07758), and your own as `ts:FILE`.

`.ts` files: channels separated by `:`, steps by `,`, the class last, lengths as they come. `.txt` and `.tsv` files: one
series of one channel a line, the class first. Both may be gzipped. Missing values, `?` or NaN, behind the end of a
series say its length, as in the UCR archive of 2018.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.cells import number
from aelab.data.files import by_role, file_of, lines, reading, shown
from aelab.data.labels import class_labels, class_names
from aelab.data.layout import label_index
from aelab.data.lengths import ends
from aelab.data.own import Part, assemble, split_roles
from aelab.data.places import at_lines
from aelab.data.source import Spec, Splits
from aelab.errors import ConfigError, DataError


class Series(NamedTuple):
    """What a file holds: each series `(time, channel)` and its class by name, or None."""

    events: list[np.ndarray]
    classes: list[str] | None
    lines: list[int]  # where each stands in the file, from 1


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
    found = [read(path, options.label_column, missing=options.missing == "mask") for path in paths]
    if options.window or options.stride:
        return assemble(options, _long(paths, found))
    channels = found[0].events[0].shape[1]
    for path, series in zip(paths, found, strict=True):
        if series.events[0].shape[1] != channels:
            raise DataError(f"{shown(path)}: {series.events[0].shape[1]} channels, the training series have {channels}")
    time = max(len(event) for series in found for event in series.events)
    labels = [None if series.classes is None else class_labels(series.classes) for series in found]
    classes, numbered = class_names(labels, [len(series.events) for series in found], paths[0])
    missing = any(np.isnan(event).any() for series in found for event in series.events)
    spec = Spec((time, channels), "float32", "real", classes=classes, missing=missing)
    sources = [_source(series.events, label, spec) for series, label in zip(found, numbered, strict=True)]
    roles = ("train", "test")
    places = {role: at_lines(path, each.lines) for role, path, each in zip(roles, paths, found, strict=False)}
    return split_roles(options, dict(zip(roles, sources, strict=False)), paths[0], places=places)


def _named(name: str) -> list[Path]:
    root = Path(os.environ.get("AELAB_DATA_DIR") or "$AELAB_DATA_DIR")
    for file in FILES[name]:
        if not (root / file).is_file():
            raise DataError(f"{root / file}: no such file; set AELAB_DATA_DIR to the folder that holds {file}")
    return [root / file for file in FILES[name]]


def _long(paths: list[Path], found: list[Series]) -> dict[str, Part]:
    """One long series from each file, to be cut into windows.

    Raises:
        ConfigError: a file holds several.
    """
    for path, series in zip(paths, found, strict=True):
        if len(series.events) > 1:
            raise ConfigError(f"--window: it cuts one long series, and {shown(path)} holds {len(series.events)}")
    pairs = zip(("train", "test"), paths, found, strict=False)
    return {role: Part(series.events[0], None, path) for role, path, series in pairs}


def read(path: Path, label_column: str = "auto", *, missing: bool = False) -> Series:
    """The series of one file; `label_column` of a table is its first unless it says a number or none.

    Values inside a series may be `missing`, and are NaN then.

    Raises:
        ConfigError: a label column that the file has no use for.
        DataError: missing, truncated, not numbers, or channels that do not match.
    """
    with reading(path):
        if ".ts" not in path.suffixes:
            return _checked(*_parse_table(lines(path), label_column), missing)
        if label_column != "auto":
            raise ConfigError(f"--label-column: {shown(path)} says itself where its classes are; leave it out")
        return _checked(*_parse_ts(lines(path)), missing)


Lines = list[tuple[int, np.ndarray]]  # the number of a line, from 1, and its series


def _parse_ts(text: Iterator[str]) -> tuple[Lines, list[str] | None]:
    """A header with comments, `@data`, and a series a line: all a header says that its lines do not is of the class."""
    labelled, numbered = True, enumerate(text, 1)
    for _, line in numbered:
        words = line.strip().lower().split()
        if words[:1] == ["@data"]:
            break
        if words[:1] in (["@classlabel"], ["@targetlabel"]):
            labelled = words[1:2] != ["false"]
        if words[:2] == ["@timestamps", "true"]:
            raise ValueError("series with time stamps are not read; sample them at equal steps")
    else:
        raise ValueError("no @data line, behind which a .ts file has its series; call a table .txt or .tsv")
    events, names = [], []
    for at, line in numbered:
        if line.strip() and not line.startswith("#"):
            cells = line.split(":")
            if labelled and len(cells) == 1:
                raise ValueError(f"line {at}: no class behind a colon; add it, or say @classLabel false")
            if labelled:
                names.append(sys.intern(cells.pop().strip()))
            events.append((at, _channels([channel.split(",") for channel in cells], at)))
    return events, names if labelled else None


def _channels(cells: list[list[str]], line: int) -> np.ndarray:
    """The numbers `[time, channel]` of one line, NaN where one is missing.

    Raises:
        ValueError: channels of different lengths, or a cell that is no number; names line and place.
    """
    lengths = {len(channel) for channel in cells}
    if len(lengths) > 1:
        raise ValueError(f"line {line}: channels of different lengths in one series: {sorted(lengths)}; pad with ?")
    try:
        return np.array(cells, np.float32).T
    except ValueError:
        return np.array([[_value(cell, line, i) for i, cell in enumerate(channel)] for channel in cells], np.float32).T


def _value(cell: str, line: int, place: int) -> float:
    try:
        return number(cell)
    except ValueError:
        raise ValueError(
            f"line {line}, value {place} of a channel, counted from 0: {cell[:40]!r} is no number; correct it"
        ) from None


def _parse_table(text: Iterable[str], label_column: str) -> tuple[Lines, list[str] | None]:
    events, names = [], []
    for at, line in enumerate(text, 1):
        if cells := line.replace(",", " ").split():
            label = 0 if label_column == "auto" else label_index(label_column, len(cells), ())
            if label is not None:
                names.append(sys.intern(cells.pop(label)))
            events.append((at, _channels([cells], at)))
    return events, names if label_column != "none" else None


def _checked(rows: Lines, classes: list[str] | None, missing: bool) -> Series:
    """The series up to their last value.

    Raises:
        ValueError: no series, another number of channels, values that are not finite, or missing where they must not.
    """
    if not rows:
        raise ValueError("it holds no series")
    events = []
    for place, (line, event) in enumerate(rows, 1):
        where = f"line {line}: series {place}"
        if event.size == 0:
            raise ValueError(f"{where} holds no value; drop it, or give --label-column none if it has no class")
        if event.shape[1] != rows[0][1].shape[1]:
            raise ValueError(
                f"{where} has shape {event.shape}, the first one {rows[0][1].shape}; all need as many channels"
            )
        events.append(event if np.isfinite(event).all() else _up_to_the_end(event, where, missing))
    return Series(events, classes, [line for line, _ in rows])


def _up_to_the_end(event: np.ndarray, where: str, missing: bool) -> np.ndarray:
    event = event[: ends(event[None])[0]]
    absent = np.isnan(event)
    if not len(event):
        raise ValueError(f"{where} holds no value; drop it")
    if not np.isfinite(event[~absent]).all():
        raise ValueError(f"{where} has values that are not finite; correct them")
    if absent.any() and not missing:
        step = int(absent.any(axis=1).argmax())
        raise ValueError(
            f"{where} has values that are missing or not finite, the first at step {step} counted from 0; fill it in, "
            "or give --missing mask"
        )
    return event


def _source(events: list[np.ndarray], label: np.ndarray | None, spec: Spec) -> ArraySource:
    lengths = np.array([len(event) for event in events])
    x = np.zeros((len(lengths), *spec.shape), np.float32)
    for row, event in zip(x, events, strict=True):
        row[: len(event)] = event
    return ArraySource(x, label, spec, None if (lengths == spec.shape[0]).all() else lengths)

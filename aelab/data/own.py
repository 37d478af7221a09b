"""A user's own arrays: what shape, range and labels mean, in one place for every kind of file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data import shapes, windows
from aelab.data.arrays import ArraySource
from aelab.data.files import shown
from aelab.data.labels import class_names, require_in_range
from aelab.data.lengths import lengths_of, missing_left
from aelab.data.places import Place, numbered, place_of
from aelab.data.ranges import Look, look, together, value_spec
from aelab.data.remarks import remarks
from aelab.data.source import Source, Splits
from aelab.data.splits import split, split_standardised
from aelab.errors import ConfigError, DataError


class Part(NamedTuple):
    """The events of one split as a file has them, `[n, …]`, and whatever labels it gives them, `[n]`."""

    x: np.ndarray
    label: np.ndarray | None
    where: object  # the file, for errors
    labelled_by: object = None  # where the labels stand, if elsewhere
    names: tuple[str, ...] = ()  # of the columns
    notes: tuple[str, ...] = ()  # what the reader decided
    more: Mapping[str, np.ndarray] = MappingProxyType({})  # what else was asked for, by name, `[n, …]`
    place: Place | None = None  # what an event is called in errors; None goes by `where` and its number
    words: Mapping[int, tuple[str, ...]] = MappingProxyType({})  # of columns of words, whose numbers stand in x


def assemble(
    options: DataOptions, parts: Mapping[str, Part], classes: tuple[str, ...] = (), *, guess: bool = True
) -> Splits:
    """Splits of a user's own arrays, by role: "train", and "test" and "held_out" where they are.

    What events are and how they are scaled goes by `--kind` and `--scale`, or by shape, type and values
    (`shapes.decide`, `ranges.value_spec`); without `guess` by shape and type alone. Missing values behind the end of a
    series say its length; others are refused, or left out of all that is computed, as `--missing` says.
    Labels are numbers of `classes` where those are known; else the classes are whatever labels there are.

    Raises:
        ConfigError: an option that does not fit.
        DataError: shapes that do not match, values that are no finite numbers, labels that do not fit.
    """
    seen = _looked_at(options, parts)
    notes = [note for part in parts.values() for note in part.notes]
    if options.window:
        parts, cut = _cut(options, parts)
        kind, notes = "series", [*notes, *cut]
    else:
        real = guess and _real(parts, seen)
        kind, guessed = shapes.decide(parts["train"].x, options.kind, parts["train"].where, real=real)
        notes.append(guessed)
    sources, scaled = _sources(options, parts, kind, seen, classes, guess)
    places = {role: part.place or numbered(part.where) for role, part in parts.items()}
    splits = split_roles(options, sources, parts["train"].where, places=places)
    told = filter(None, [*notes, scaled, *splits.notes])
    return splits._replace(notes=tuple(dict.fromkeys(told)))


def _looked_at(options: DataOptions, parts: Mapping[str, Part]) -> Look:
    """What the values of all parts are; they are numbers, and the options go together."""
    if options.stride and not options.window:
        raise ConfigError("--stride: it says how far windows are apart; give --window too, or leave it out")
    if options.window and options.kind not in ("auto", "series"):
        raise ConfigError(f"--kind: windows are series, not of kind {options.kind}; leave it out")
    for part in parts.values():
        shapes.require_numbers(part.x, part.where, (1, 2, 3) if options.window else (2, 3, 4))
    return together(look(part.x, part.where) for part in parts.values())


def _sources(
    options: DataOptions,
    parts: Mapping[str, Part],
    kind: shapes.Kind,
    seen: Look,
    classes: tuple[str, ...],
    guess: bool,
) -> tuple[dict[str, ArraySource], str]:
    """The source of each part, and a sentence where the scale was decided by looking at the values."""
    train, arrays = parts["train"], {role: shapes.shaped(part.x, kind) for role, part in parts.items()}
    shape = arrays["train"].shape[1:]
    for role, x in arrays.items():
        if x.shape[1:] != shape:
            other = f"{x.shape[1:]}, those of {shown(train.where)} {shape}"
            raise DataError(f"{shown(parts[role].where)}: its events have shape {other}")
    arrays, lengths, missing = _observed(arrays, parts, kind, seen, allowed=options.missing == "mask")
    types = {part.x.dtype for part in parts.values()}
    spec, scaled = value_spec(shape, types, seen._replace(missing=missing), options, train.where, guess=guess)
    classes, labels = labels_of(parts, classes)
    columns = kind == "vector" or options.window  # of a row as a series they are steps
    names = train.names if columns and len(train.names) == shape[-1] else ()
    spec = spec._replace(classes=classes, names=names)
    made = {role: ArraySource(x, labels[role], spec, lengths[role], _beside(parts[role])) for role, x in arrays.items()}
    return made, scaled


def labels_of(
    parts: Mapping[str, Part], classes: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, np.ndarray | None]]:
    """The names of the classes, and the labels of each part as numbers of them."""
    train, labels = parts["train"], [part.label for part in parts.values()]
    if classes:
        require_in_range(labels, classes, train.where)
    else:
        counts = [len(part.x) for part in parts.values()]
        classes, labels = class_names(labels, counts, train.labelled_by or train.where)
    return classes, dict(zip(parts, labels, strict=True))


def _cut(options: DataOptions, parts: Mapping[str, Part]) -> tuple[dict[str, Part], tuple[str, ...]]:
    """Windows of the one long series of each part; labels of its steps are left out."""
    train = parts["train"]
    made, notes = windows.cut({role: part.x for role, part in parts.items()}, train.where, options)
    if any(part.label is not None for part in parts.values()):
        notes = (*notes, "the labels of steps are left out: a window has none")
    place = numbered(train.where, "window")
    return {role: Part(x, None, train.where, names=train.names, place=place) for role, x in made.items()}, notes


def _real(parts: Mapping[str, Part], seen: Look) -> bool:
    """Whether values are neither pixels nor shares."""
    return all(part.x.dtype.kind == "f" for part in parts.values()) and not (seen.low >= 0 and seen.high <= 1)


def _observed(arrays: dict, parts: Mapping[str, Part], kind: str, seen: Look, *, allowed: bool) -> tuple:
    """Arrays with padding as 0, the lengths of series by role, and whether values inside events are missing."""
    lengths: dict = dict.fromkeys(arrays)
    if not seen.missing:
        return arrays, lengths, False
    arrays = {role: np.array(x, np.float32) for role, x in arrays.items()}  # a copy: the file stays as it is
    wheres = {role: part.where for role, part in parts.items()}
    if kind == "series":
        lengths = lengths_of(arrays, wheres)
    missing = [missing_left(x, wheres[role], allowed) for role, x in arrays.items()]
    return arrays, lengths, any(missing)


def split_roles(
    options: DataOptions,
    sources: Mapping[str, Source],
    where: object,
    *,
    groups: np.ndarray | None = None,
    places: Mapping[str, Place] = MappingProxyType({}),
) -> Splits:
    """Splits of sources by role, as in `assemble`; real numbers are standardised.

    Training events that are equal in `groups`, `[event]`, stay together. `places` says by role what the events of a
    source are called in errors.

    Raises:
        DataError: too few events, or values so far from the training events that nothing can be computed of them.
    """
    require_enough(sources, where)
    train, test = sources["train"], sources.get("test")
    make = split if train.spec.values == "unit" else split_standardised
    splits = make(
        options.data, train, test, validation=options.validation, held_out=sources.get("held_out"), groups=groups
    )
    named = {role: places.get(role) or numbered(where) for role in sources}
    return splits._replace(notes=remarks(splits, lambda event: place_of(event, sources, named)))


def require_enough(sources: Mapping[str, Source], where: object) -> None:
    """
    Raises:
        DataError: too few events.
    """
    count = len(sources["train"])
    if count < (2 if "test" in sources else 3):
        raise DataError(
            f"{shown(where)}: {count} events are too few to train and test on; 3 are needed, or 2 and a test set"
        )


def _beside(part: Part) -> dict[str, np.ndarray]:
    """What else stands beside the events, a row of numbers each."""
    for name, array in part.more.items():
        if array.dtype.kind not in "buif" or array.ndim < 1 or len(array) != len(part.x):
            wanted = f"numbers, one row for each of the {len(part.x)} events"
            raise DataError(
                f"{shown(part.where)}: {shown(name)} is {array.dtype} of shape {array.shape}; wanted: {wanted}"
            )
    return dict(part.more)

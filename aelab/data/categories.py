"""A table whose columns are of several kinds: numbers, columns of 0 and 1, and categories as one-hot groups.

The levels of a category are the words of its training rows alone. A cell of another word, in a row of validation or
testing or of a file that a trained run is applied to, is a missing value: `--missing` says what becomes of those.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.columns import Column, described, entries
from aelab.data.files import shown
from aelab.data.own import Part, labels_of, require_enough, split_roles
from aelab.data.places import numbered
from aelab.data.source import Spec, Splits
from aelab.data.splits import split
from aelab.errors import ConfigError, DataError

FEW, MOST = 20, 4096  # levels that any column may have; entries that one category may become


def assemble(options: DataOptions, parts: Mapping[str, Part]) -> Splits:
    """Splits of tables whose columns of words are numbered, by role as in `own.assemble`.

    Raises:
        ConfigError: an option that does not fit.
        DataError: too few rows, a category without a level or of nearly as many as rows, or a word that no training
            row has where missing values are refused.
    """
    _require_fitting(options)
    train = parts["train"]
    classes, labels = labels_of(parts, ())
    coded = Spec((train.x.shape[1],), "float32", "real", classes=classes)
    sources = {role: ArraySource(part.x, labels[role], coded) for role, part in parts.items()}
    require_enough(sources, train.where)
    seen = split(
        options.data,
        sources["train"],
        sources.get("test"),
        validation=options.validation,
        held_out=sources.get("held_out"),
    ).train
    columns = _columns(parts, seen.get_batch(np.arange(len(seen)))["x"])
    spread = {role: spread_out(part, columns, missing=options.missing == "mask") for role, part in parts.items()}
    spec = Spec((len(entries(columns)),), "float32", "real", classes=classes, names=entries(columns), columns=columns)
    spec = spec._replace(missing=any(np.isnan(x).any() for x, _ in spread.values()))
    made = {role: ArraySource(x, labels[role], spec) for role, (x, _) in spread.items()}
    places = {role: part.place or numbered(part.where) for role, part in parts.items()}
    splits = split_roles(options, made, train.where, places=places)
    told = [note for part in parts.values() for note in part.notes]
    told += [f"columns are of kinds: {described(columns)}", *(note for _, notes in spread.values() for note in notes)]
    return splits._replace(notes=tuple(dict.fromkeys([*told, *splits.notes])))


def _require_fitting(options: DataOptions) -> None:
    if options.window or options.kind not in ("auto", "vector"):
        raise ConfigError("--categorical: rows of categories are vectors; leave out --window and --kind")
    if options.scale not in ("auto", "standardise"):
        raise ConfigError("--scale: columns of numbers are standardised where --categorical is given; leave it out")


def _columns(parts: Mapping[str, Part], seen: np.ndarray) -> tuple[Column, ...]:
    """What each column is; `seen` are the training rows, with the words of the file that they are from as numbers."""
    train, found = parts["train"], []
    for i in range(seen.shape[1]):
        name = train.names[i] if train.names else f"column{i}"
        if i in train.words:
            found.append(Column(name, "category", _levels(name, seen[:, i], train.words[i], train.where)))
        else:
            values = np.concatenate([part.x[:, i] for part in parts.values()])
            coin = np.isin(values[~np.isnan(values)], (0, 1)).all()
            found.append(Column(name, "binary" if coin else "number"))
    return tuple(found)


def _levels(name: str, codes: np.ndarray, words: Sequence[str], where: object) -> tuple[str, ...]:
    """The words that these rows have: in the order of numbers if all are, else in that of the alphabet.

    Raises:
        DataError: none, or so many that they say nothing.
    """
    there = codes[~np.isnan(codes)]
    levels = [words[int(code)] for code in np.unique(there)]
    said = f"{shown(where)}: column {shown(name)!r}"
    if not levels:
        raise DataError(f"{said}: no training row has a value; leave it out with --drop-columns {shown(name)}")
    if len(levels) > min(max(FEW, len(codes) / 2), MOST):
        raise DataError(
            f"{said}: {len(levels)} different words in {len(codes)} training rows are names, dates or numbers of rows "
            f"and no categories; leave it out with --drop-columns {shown(name)}"
        )
    return _sorted(levels)


def _sorted(levels: Iterable[str]) -> tuple[str, ...]:
    levels = sorted(levels)
    try:
        return tuple(sorted(levels, key=float))
    except ValueError:
        return tuple(levels)


def spread_out(part: Part, columns: Sequence[Column], *, missing: bool) -> tuple[np.ndarray, list[str]]:
    """The events of a table, `[row, entry]` with a category as a group of one-hot entries, and sentences about them.

    What is missing is NaN in all entries of its group, and so is a word that is no level, where `missing` allows it.

    Raises:
        DataError: a word that is no level, or a number that is neither 0 nor 1 in a column of these.
    """
    blocks, notes = [], []
    for i, column in enumerate(columns):
        own = part.x[:, i]
        if column.kind == "category":
            own, unknown = one_hot(own, part.words[i], column.levels)
            notes += _unknown(part, i, column, unknown, missing)
        elif column.kind == "binary" and (bad := ~np.isnan(own) & ~np.isin(own, (0, 1))).any():
            row = int(bad.argmax())
            raise DataError(
                f"{_place(part, row)}, column {shown(column.name)!r}: {own[row]:g} in a column that held 0 and 1 in "
                "training; correct it"
            )
        blocks.append(own.reshape(len(part.x), column.width))
    return np.concatenate(blocks, 1, dtype=np.float32), notes


def one_hot(codes: np.ndarray, words: Sequence[str], levels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of `words` as rows of 0 and 1 over `levels`, and which rows have a word that is none of them."""
    at = {level: place for place, level in enumerate(levels)}
    place = np.array([*(at.get(word, -1) for word in words), -1])  # the last is for what is missing
    missing = np.isnan(codes)
    number = place[np.where(missing, len(words), codes).astype(int)]
    hot = np.eye(len(levels), dtype=np.float32)[number]
    hot[number < 0] = np.nan
    return hot, (number < 0) & ~missing


def _unknown(part: Part, i: int, column: Column, unknown: np.ndarray, missing: bool) -> list[str]:
    if not unknown.any():
        return []
    row = int(unknown.argmax())
    word, name = shown(part.words[i][int(part.x[row, i])]), shown(column.name)
    if not missing:
        raise DataError(
            f"{_place(part, row)}, column {name!r}: no training row has the word {word!r}; correct it, drop the row, "
            "or train with --missing mask, which counts it as missing"
        )
    return [
        f"{shown(part.where)}: column {name!r}: {unknown.sum()} cells of words that no training row has, as {word!r}, "
        "count as missing"
    ]


def _place(part: Part, row: int) -> str:
    return (part.place or numbered(part.where))(row)

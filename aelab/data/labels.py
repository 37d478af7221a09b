"""Labels as files give them, whatever their type, become the numbers 0, 1, … of named classes."""

import logging
from collections.abc import Sequence

import numpy as np

from aelab.data.files import shown
from aelab.errors import DataError

log = logging.getLogger(__name__)


def class_names(
    labels: Sequence[np.ndarray | None], counts: Sequence[int], where: object
) -> tuple[tuple[str, ...], list[np.ndarray | None]]:
    """The names of the classes over all splits, in order, and each split's labels as 0, 1, …

    Whole numbers, negative ones too, are in the order of numbers and names in that of the alphabet.

    Raises:
        DataError: not one label an event, or labels that are no classes.
    """
    found = [None if label is None else _label(label, n, where) for label, n in zip(labels, counts, strict=True)]
    there = [label for label in found if label is not None]
    if not there:
        return (), found
    if len({label.dtype.kind in "bui" for label in there}) > 1:  # some splits have names, others numbers
        there = [label.astype(str) for label in there]
        found = [None if label is None else label.astype(str) for label in found]
    names = np.unique(np.concatenate(there))
    numbered = [None if label is None else np.searchsorted(names, label) for label in found]
    return tuple(str(name) for name in names.tolist()), numbered


def require_in_range(labels: Sequence[np.ndarray | None], classes: tuple[str, ...], where: object) -> None:
    """
    Raises:
        DataError: a label that is no number of `classes`.
    """
    for label in labels:
        if label is not None and not 0 <= label.min() <= label.max() < len(classes):
            bad = label[(label < 0) | (label >= len(classes))][0]
            raise DataError(f"{shown(where)}: the label {bad} is out of range: there are {len(classes)} classes")


def _label(label: np.ndarray, count: int, where: object) -> np.ndarray | None:
    """Whole numbers or names, one an event; None for real numbers, which are no classes."""
    label = label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label
    label = one_hot(label, where) if label.ndim == 2 and len(label) == count else label
    if label.shape != (count,):
        raise DataError(
            f"{shown(where)}: labels of shape {label.shape} for {count} events; one label an event is wanted"
        )
    if label.dtype.kind == "S":
        return np.char.decode(label, "utf-8", "backslashreplace")
    if label.dtype.kind == "f":
        if not (label == np.round(label)).all() or np.abs(label).max() >= 2**31:
            why = "some are missing" if np.isnan(label).any() else "they are no classes but real numbers"
            log.warning("%s: its labels are left out, %s", shown(where), why)
            return None
        label = label.astype(np.int64)
    if label.dtype.kind not in "buiU":
        raise DataError(
            f"{shown(where)}: labels of type {label.dtype}; whole numbers or names are wanted: y.astype(str)"
        )
    return label


def one_hot(label: np.ndarray, where: object) -> np.ndarray:
    """The place of the 1 in each row.

    Raises:
        DataError: rows that are not one 1 among zeros.
    """
    if label.dtype.kind not in "buif" or not (np.isin(label, (0, 1)).all() and (label.sum(1) == 1).all()):
        raise DataError(
            f"{shown(where)}: labels of shape {label.shape}, and not one 1 among zeros in each row; "
            "one label an event is wanted, as y.argmax(1) gives it"
        )
    return label.argmax(1)


def class_labels(names: list[str]) -> np.ndarray:
    """Whole numbers as such, so that 10 comes after 9; other numbers as they are; anything else by name.

    Raises:
        ValueError: a cell is empty.
    """
    if not all(names):
        raise ValueError(f"row {names.index('') + 1} has no class")
    try:
        numbers = np.array(names, np.float64)
    except ValueError:
        return np.array(names)
    whole = (numbers == np.round(numbers)).all() and np.abs(numbers).max() < 2**31
    return numbers.astype(np.int64) if whole else numbers

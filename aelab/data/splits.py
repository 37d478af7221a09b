"""The fixed shuffle that splits any source, and the scale that is measured on the training events."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from aelab.data.arrays import moments, take, with_spec
from aelab.data.columns import numbers
from aelab.data.source import Source, Splits

SPLIT_SEED = 0  # of every split made here; never the run's seed, so that all runs are judged on the same events


def shuffled(n: int, seed: int = SPLIT_SEED) -> np.ndarray:
    """A random order of 0 … n-1 that no version of numpy changes: raw words of Philox, sorted."""
    return np.argsort(np.random.Philox(key=seed).random_raw(n), kind="stable")


def split(
    name: str,
    train: Source,
    test: Source | None = None,
    *,
    validation: float,
    held_out: Source | None = None,
    groups: np.ndarray | None = None,
) -> Splits:
    """Hold out the share `validation` of `train`, at least one event; 0 holds out nothing and gives None.

    Without a `test` set a tenth of `train` becomes it, whatever `validation` is: 80/10/10 at a share of 0.1.
    A validation set of its own, `held_out`, takes the place of the share. The order within each part stays.
    Events that are equal in `groups`, `[event]`, stay together, and the shares are as near as that allows.
    """
    n = len(train)
    tenth = 0 if test is not None else min(max(round(n / 10), 1), n - 1)
    held = min(max(round(n * validation), 1), n - tenth - 1) if validation and held_out is None else 0
    order, at = shuffled(n), [tenth, tenth + held]
    if groups is not None:
        order, ends = shuffled_groups(groups)
        at = cuts(tenth, held, ends)
    parts = np.split(order, at)
    tested, validated, trained = (take(train, np.sort(part)) for part in parts)
    validated = held_out if held_out is not None else validated if held else None
    return Splits(name, train.spec, trained, validated, test if test is not None else tested)


def shuffled_groups(groups: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """A random order of events that leaves those of a group side by side; and where groups may be cut apart."""
    _, first, which, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    by_file = np.argsort(first)  # groups as they come
    drawn = by_file[shuffled(len(first))]
    order = np.argsort(np.argsort(drawn)[which], kind="stable")
    return order, [0, *np.cumsum(sizes[drawn]).tolist()]


def cuts(tenth: int, held: int, ends: Sequence[int]) -> list[int]:
    """Where an order of events is cut, at those of `ends` that are nearest: behind the test set, behind validation.

    Each part that is wanted has at least one group, and so has what is left for training.
    """
    parts = [size for size in (tenth, held) if size]
    found, low, wanted = [], 0, 0
    for i, size in enumerate(parts):
        wanted += size
        high = len(ends) - 1 - (len(parts) - i)
        low = min(range(low + 1, high + 1), key=lambda k: abs(ends[k] - wanted))
        found.append(ends[low])
    first = found[0] if tenth else 0
    return [first, found[-1] if held else first]


def split_standardised(name: str, train: Source, test: Source | None = None, **how: Any) -> Splits:
    """`split` for values that are real numbers: the spec says mean and deviation of each channel, measured on train.

    Padding is left out, and the lengths of the training series are counted.
    """
    return standardised(split(name, train, test, **how))


def standardised(splits: Splits) -> Splits:
    """The same, seen with the mean, the deviation and the lengths of its training events."""
    mean, std, lengths = moments(splits.train)
    if splits.spec.columns:  # what is 0 or 1 stays so
        still = ~numbers(splits.spec.columns)
        mean, std = np.where(still, 0, mean), np.where(still, 1, std)
    spec = splits.spec._replace(
        shift=tuple(mean.tolist()), scale=tuple(np.where(std > 0, std, 1).tolist()), lengths=lengths
    )
    validated = None if splits.validation is None else with_spec(splits.validation, spec)
    return Splits(
        splits.name, spec, with_spec(splits.train, spec), validated, with_spec(splits.test, spec), splits.notes
    )

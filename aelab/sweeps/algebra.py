"""An algebra of overrides: sets of points, each a dict from field to value, that combine into larger sets."""

import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aelab.errors import ConfigError

Override = dict[str, Any]


@dataclass(frozen=True)
class Points:
    """Overrides in an order; how many is known before one of them is made."""

    count: int
    fields: frozenset[str]
    make: Callable[[], Iterator[Override]]

    def __iter__(self) -> Iterator[Override]:
        return self.make()

    def __len__(self) -> int:
        return self.count


def choose(field: str, *values: Any) -> Points:
    """One point for each value of a field."""
    return Points(len(values), frozenset({field}), lambda: ({field: value} for value in values))


def seeds(start: int, stop: int | None = None) -> Points:
    """Seeds from `start` to before `stop`, or so many from 0."""
    return choose("seed", *(range(start) if stop is None else range(start, stop)))


def linear(field: str, low: float, high: float, count: int) -> Points:
    """Values at equal distances, both ends among them."""
    return choose(field, *(low + (high - low) * i / max(count - 1, 1) for i in range(count)))


def log(field: str, low: float, high: float, count: int) -> Points:
    """Values at equal ratios, both ends among them, to six digits."""
    exact = (low * (high / low) ** (i / max(count - 1, 1)) for i in range(count))
    return choose(field, *(float(f"{value:.6g}") for value in exact))


def uniform(field: str, low: float, high: float, count: int, seed: int = 0) -> Points:
    """Values drawn uniformly; a field and a seed always draw the same."""
    rng = random.Random(f"{field} {seed}")
    return choose(field, *(rng.uniform(low, high) for _ in range(count)))


def log_uniform(field: str, low: float, high: float, count: int, seed: int = 0) -> Points:
    """Values whose logarithm is drawn uniformly."""
    drawn = (value[field] for value in uniform(field, math.log(low), math.log(high), count, seed))
    return choose(field, *map(math.exp, drawn))


def product(*sets: Points) -> Points:
    """Every combination, the last set running fastest.

    Raises:
        ConfigError: two sets override one field.
    """
    count = math.prod(one.count for one in sets)
    return Points(count, _disjoint(sets), lambda: map(_merged, itertools.product(*sets)))


def zipped(*sets: Points) -> Points:
    """The first of each set together, then the second of each.

    Raises:
        ConfigError: the sets differ in length, or two override one field.
    """
    if len({one.count for one in sets}) > 1:
        raise ConfigError(f"{', '.join(sorted(_disjoint(sets)))}: lists of one length go together, not of "
                          f"{' and '.join(str(one.count) for one in sets)}")  # fmt: skip
    return Points(sets[0].count, _disjoint(sets), lambda: map(_merged, zip(*sets, strict=True)))


def chain(*sets: Points) -> Points:
    """One set after the other."""
    fields = frozenset().union(*(one.fields for one in sets))
    return Points(sum(one.count for one in sets), fields, lambda: itertools.chain(*sets))


def _merged(parts: tuple[Override, ...]) -> Override:
    return {field: value for part in parts for field, value in part.items()}


def _disjoint(sets: tuple[Points, ...]) -> frozenset[str]:
    """The fields of all sets."""
    names = [name for one in sets for name in one.fields]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{name}: given twice; put all its values into one list")
    return frozenset(names)

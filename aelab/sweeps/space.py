"""A space to search: what each field may be, and how a value of it is drawn."""

import math
import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from aelab.config import Config
from aelab.errors import ConfigError
from aelab.sweeps.algebra import Override, Points
from aelab.sweeps.spec import parse, split
from aelab.sweeps.values import hint, is_whole, typed

SEARCH_SEED = 0  # of the draws: the same command draws the same points


class Range(NamedTuple):
    """All numbers between two ends, on a linear or a logarithmic scale."""

    low: float
    high: float
    log: bool
    whole: bool

    def draw(self, rng: random.Random) -> float:
        if self.log:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        else:
            value = rng.uniform(self.low, self.high)
        return round(value) if self.whole else float(f"{value:.6g}")


Space = dict[str, Range | list[Any]]  # a list: one of these


def space(kind: type[Config], text: str) -> Space:
    """The space that a spec describes: `uniform(low,high)`, `loguniform(low,high)`, and lists to choose from.

    Raises:
        ConfigError: one line that names the field or the word.
    """
    found: Space = {}
    for term in split(re.sub(r"\s*,\s*", ",", text)):
        if "|" in term or term.startswith("("):
            raise ConfigError(f"{term}: a search draws each field by itself; | and (a,b)=… are for grids")
        name, _, values = term.partition("=")
        if name in found:
            raise ConfigError(f"{name}: given twice; put all its values into one list")
        drawn = re.fullmatch(r"(log)?uniform\(([^,]+),([^,]+)\)", values)
        if drawn:
            found[name] = _range(kind, name, bool(drawn[1]), drawn[2], drawn[3])
        else:
            found[name] = [point[name] for point in parse(kind, term)]
    return found


def _range(kind: type[Config], name: str, log: bool, low: str, high: str) -> Range:
    hint(kind, name)
    ends = [typed(kind, name, end) for end in (low, high)]
    if not all(isinstance(end, int | float) for end in ends) or not ends[0] < ends[1] or (log and ends[0] <= 0):
        raise ConfigError(f"{name}: needs (low,high), the first end below the second{' and above 0' * log}")
    return Range(*ends, log, is_whole(kind, name))


def draws(over: Space, count: int) -> Points:
    """Points drawn at random, each field by itself; the first ones do not depend on how many there are."""

    def make() -> Iterator[Override]:
        rng = random.Random(SEARCH_SEED)
        for _ in range(count):
            yield {name: axis.draw(rng) if isinstance(axis, Range) else rng.choice(axis) for name, axis in over.items()}

    return Points(count, frozenset(over), make)


def varying(over: Space) -> list[str]:
    """The fields that have more than one value."""
    return [name for name, axis in over.items() if isinstance(axis, Range) or len(axis) > 1]

"""The best setting of a rival by its score on validation events, from a grid that grows until its best lies inside.

A rival whose best setting stood at the end of a grid was held short: a larger grid might have made it stronger. So an
end of a grid is accepted as the best only where nothing lies beyond it, as nothing lies below one neighbour. The other
exception is a grid that has grown so often that its end stands for a limit: against pure noise the best filter is one
without end.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

MOST = 12  # times that a grid may grow


class Axis(NamedTuple):
    """The values of one setting, in rising order."""

    values: Sequence[float]
    least: float | None = None  # nothing lies below
    most: float | None = None  # nothing lies above
    step: float | None = None  # between neighbours beyond the ends; else they keep the ratio of the last two, or are
    # half and twice a lone value
    whole: bool = False  # numbers such as those of neighbours

    def beyond(self, end: int) -> float | None:
        """The next value behind the first (`end` 0) or the last one (−1); None where nothing lies there."""
        last = self.values[end]
        if self.step:
            further = last + (self.step if end else -self.step)
        else:
            before = self.values[-2 if end else 1] if len(self.values) > 1 else last * (0.5 if end else 2)
            further = last * last / before if last else 0
        if self.whole:
            further = min(round(further), last - 1) if end == 0 else max(round(further), last + 1)
        if self.least is not None and end == 0:
            further = max(further, self.least)
        if self.most is not None and end:
            further = min(further, self.most)
        return None if further == last else further

    def grown(self, end: int) -> "Axis":
        """The axis with one more value behind that end, where there is one."""
        further = [value for value in [self.beyond(end)] if value is not None]
        return self._replace(values=(*further, *self.values) if end == 0 else (*self.values, *further))


def counts(values: Sequence[int], most: int) -> Axis:
    """How many of something to take, such as neighbours, where there are `most`: those of `values` up to that."""
    return Axis([value for value in values if value <= most] or [most], min(1, most), most, whole=True)


class Tuned(NamedTuple):
    """What was chosen, and among what."""

    setting: dict[str, float]
    score: float
    tried: dict[tuple[float, ...], float]  # the score of each point of the grid
    unbounded: tuple[str, ...] = ()  # settings whose best was still at an end after the grid had grown `MOST` times


def tune(score: Callable[..., float], axes: Mapping[str, Axis | Sequence[Any]]) -> Tuned:
    """The setting of highest `score(**setting)`; of equals the first one.

    An axis that is no `Axis` but a plain sequence holds all there is, such as the names of two kernels.
    """
    tried: dict[tuple[Any, ...], float] = {}
    for growths in range(MOST + 1):
        values = [axis.values if isinstance(axis, Axis) else axis for axis in axes.values()]
        for point in itertools.product(*values):
            if point not in tried:
                tried[point] = float(score(**dict(zip(axes, point, strict=True))))
        best = max(tried, key=lambda point: tried[point])
        ends = open_ends(axes, best)
        if not ends or growths == MOST:
            break
        axes = {name: axis.grown(ends[name]) if name in ends else axis for name, axis in axes.items()}  # ty: ignore
    return Tuned(dict(zip(axes, best, strict=True)), tried[best], tried, tuple(ends))


def open_ends(axes: Mapping[str, Axis | Sequence[Any]], best: Sequence[Any]) -> dict[str, int]:
    """The axes on which a point is the first (0) or the last (−1) of values behind which there are more."""
    found = {}
    for (name, axis), value in zip(axes.items(), best, strict=True):
        if isinstance(axis, Axis):
            ends = [end for end in (0, -1) if value == axis.values[end] and axis.beyond(end) is not None]
            found |= {name: ends[0]} if ends else {}
    return found

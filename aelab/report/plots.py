"""Curves one can hover: drawn as SVG in the page, without a script, in the colours of the page.

Behind each place of the horizontal axis lies a strip. The style shows what is in the strip under the pointer or finger:
a line, and the values there.
"""

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from aelab.report.markup import large, text
from aelab.runs import history

WIDTH, HEIGHT = 420, 306  # of a plot; the units of its coordinates
LEFT, RIGHT, TOP, BOTTOM = 52, 408, 30, 262  # of the area in which lines are drawn
PLACES = 160  # strips at most: narrower ones could not be hit

Line = tuple[np.ndarray, np.ndarray]


def plots(arrays: Mapping[str, np.ndarray]) -> str:
    """A plot for each term that says something, of the arrays that `aelab.runs.history.gather` gives."""
    return "".join(plot(term, arrays) for term in history.terms(arrays))


def plot(term: str, arrays: Mapping[str, np.ndarray]) -> str:
    """One term: a line for each split."""
    found = {split: _finite(history.line(arrays, split, term)) for split in history.SPLITS}
    lines = {split: line for split, line in found.items() if len(line[0])}
    if not lines:
        return ""
    axis = "epoch" if "steps_per_epoch" in arrays else "step"
    right = max(x.max() for x, _ in lines.values()) or 1.0
    scale = Scale(float(right), *history.view([*lines.values()]))
    drawn = "".join(f'<polyline class="{split}" points="{scale.points(*line)}"/>' for split, line in lines.items())
    body = scale.grid(axis) + f'<g clip-path="inset(0)">{drawn}</g>' + _strips(lines, scale, axis)
    unit = history.unit(arrays, term)
    title = f"<b>{text(term)}</b>" + f' <span class="unit">{text(unit)}</span>' * bool(unit)
    names = "".join(f'<span class="key {split}">{text(_last(split, line))}</span>' for split, line in lines.items())
    said = f"{term}: " + ", ".join(_last(split, line) for split, line in lines.items())
    return (
        f'<figure class="plot"><p>{title}</p><p class="keys">{names}</p>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(said)}">{body}</svg></figure>'
    )


class Scale:
    """From values to places in the plot."""

    def __init__(self, right: float, low: float, high: float):
        self.right, self.low, self.high = right, low, high

    def x(self, value: float) -> float:
        return LEFT + (RIGHT - LEFT) * value / self.right

    def y(self, value: float) -> float:
        """Values that the view leaves out lie on its edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return BOTTOM - (BOTTOM - TOP) * share

    def points(self, x: np.ndarray, y: np.ndarray) -> str:
        return " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in zip(x, y, strict=True))

    def grid(self, axis: str) -> str:
        """Lines at round numbers, and what they are."""
        across = "".join(
            f'<line class="rule" x1="{LEFT}" x2="{RIGHT}" y1="{self.y(v):.1f}" y2="{self.y(v):.1f}"/>'
            f'<text class="tick" x="{LEFT - 8}" y="{self.y(v) + 4:.1f}" text-anchor="end">{large(v)}</text>'
            for v in ticks(self.low, self.high)
        )
        down = "".join(
            f'<text class="tick" x="{self.x(v):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{large(v)}</text>'
            for v in ticks(0, self.right)
        )
        name = f'<text class="tick" x="{RIGHT}" y="{BOTTOM + 38}" text-anchor="end">{axis}</text>'
        return across + down + name


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two others: multiples of 1, 2 or 5 times a power of ten, at most `most` of them."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough)
    return [round(k * step, 12) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _strips(lines: Mapping[str, Line], scale: Scale, axis: str) -> str:
    """For each place where there are values a strip, with a mark and the values of all lines there."""
    places = np.unique(np.concatenate([x for x, _ in lines.values()]))
    places = places[:: -(-len(places) // PLACES)][:PLACES]
    edges = [LEFT, *((scale.x(a) + scale.x(b)) / 2 for a, b in pairwise(places)), RIGHT]
    return "".join(
        _strip(float(place), first, last, lines, scale, axis)
        for place, (first, last) in zip(places, pairwise(edges), strict=True)
    )


def _strip(place: float, first: float, last: float, lines: Mapping[str, Line], scale: Scale, axis: str) -> str:
    x = scale.x(place)
    marks, said = "", [f"{axis} {large(place)}"]
    for split, (at, values) in lines.items():
        here = np.flatnonzero(at == place)
        if len(here):
            value = float(values[here[-1]])
            marks += f'<circle class="{split}" cx="{x:.1f}" cy="{scale.y(value):.1f}" r="3.5"/>'
            said.append(f"{history.SPLITS[split]} {large(value)}")
    words = text(" · ".join(said))
    return (
        f'<g class="at"><rect x="{first:.1f}" y="{TOP}" width="{max(last - first, 0):.1f}" height="{BOTTOM - TOP}"/>'
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}"/>{marks}'
        f'<text x="{RIGHT}" y="{TOP - 12}" text-anchor="end">{words}</text></g>'
    )


def _finite(line: Line) -> Line:
    keep = np.isfinite(line[1])
    return line[0][keep], line[1][keep]


def _last(split: str, line: Line) -> str:
    return f"{history.SPLITS[split]} {large(float(line[1][-1]))}"

"""Draw `map.svg`, the rooms of the library and what each imports, from the imports themselves.

    python docs/make_map.py

A box is a room, or loose files of `aelab/` that belong together. A line leads down from a room to one that it imports;
a line is left out where a longer way already leads there. A box lies above everything that it imports.
"""

import ast
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOSE = {  # files of aelab/ itself, by the box that they share
    "errors · seeds · batch": ("errors", "seeds", "batch", "precision"),
    "likelihoods · priors · corruptions": ("likelihoods", "priors", "corruptions"),
    "model": ("model",),
}
GROUPS = {  # what a box is for: its colour
    "the subject": {*LOOSE, "distributions", "nets", "latents", "objectives", "experiment"},
    "what serves it": {
        "config",
        "devices",
        "data",
        "runs",
        "training",
        "evaluation",
        "disentanglement",
        "truth",
        "measures",
        "baselines",
        "figures",
        "trackers",
        "report",
    },
    "what people call": {"runner", "compare", "audit", "apply", "explore", "export", "sweeps", "sklearn", "cli"}
    | {"experiments/"},
}
COLOURS = {"the subject": "#a5cdf5", "what serves it": "#d3d9df", "what people call": "#b9e2b4"}
WIDTH, ROW, HEIGHT, CHARACTER, GAP = 1000, 78, 34, 8.6, 26  # pixels; CHARACTER is the width of a letter


def box(module: str) -> str | None:
    """The box that a module lies in: `aelab.nets.mlp` is in `nets`."""
    parts = module.split(".")
    if parts[0] == "experiments":
        return "experiments/"
    if parts[0] != "aelab" or len(parts) < 2 or parts[1].startswith("_"):
        return None
    loose = next((name for name, members in LOOSE.items() if parts[1] in members), None)
    return loose or (parts[1] if (ROOT / "aelab" / parts[1]).is_dir() else None)


def imports() -> dict[str, set[str]]:
    """What each box imports, at the top of a file or inside a function."""
    found: dict[str, set[str]] = {name: set() for group in GROUPS.values() for name in group}
    for path in sorted([*(ROOT / "aelab").rglob("*.py"), *(ROOT / "experiments").rglob("*.py")]):
        own = box(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if own is None or "peers" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            for name in _named(node, path):
                if (other := box(name)) and other != own:
                    found[own].add(other)
    return found


def _named(node: ast.AST, path: Path) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        around = path.relative_to(ROOT).with_suffix("").parts[: -node.level] if node.level else ()
        return [".".join(filter(None, [*around, node.module, alias.name])) for alias in node.names]
    return []


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same without lines that a longer way makes needless."""
    below: dict[str, set[str]] = {}
    for name in TopologicalSorter(graph).static_order():
        below[name] = graph[name].union(*(below[other] for other in graph[name]))
    return {
        name: {other for other in others if not any(other in below[between] for between in others)}
        for name, others in graph.items()
    }


def levels(graph: dict[str, set[str]]) -> dict[str, int]:
    """The row of each box, counted from the bottom: one above the highest that it imports."""
    level: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        level[name] = 1 + max((level[other] for other in graph[name]), default=-1)
    return level


def stepwise(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same with a place kept free in every row that a long line passes; such a place is called `^…`."""
    level, steps = levels(graph), {name: set[str]() for name in graph}
    for name, others in graph.items():
        for other in others:
            places = [f"^{name}>{other}>{row}" for row in range(level[name] - 1, level[other], -1)]
            for above, below in pairwise([name, *places, other]):
                steps.setdefault(above, set()).add(below)
    return steps


def rows(graph: dict[str, set[str]]) -> list[list[str]]:
    """The boxes from the top row to the bottom one; in a row, each stands near what it leads to."""
    level = levels(graph)
    made: list[list[str]] = [[] for _ in range(max(level.values()) + 1)]
    for name in sorted(level):
        made[level[name]].append(name)
    for _ in range(8):  # a few sweeps up and down: the mean place of one's neighbours
        for order, neighbours in ((made, graph), (made[::-1], _turned(graph))):
            place = _places(made)
            for row in order:
                row.sort(key=lambda name: _mean([place[n] for n in neighbours[name]], place[name]))
                place.update(_places([row]))
    return made[::-1]


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _turned(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: {other for other in graph if name in graph[other]} for name in graph}


def _places(made: list[list[str]]) -> dict[str, float]:
    """The middle of every box, in pixels from the left."""
    found = {}
    for row in made:
        space = (WIDTH - sum(map(_width, row))) / (len(row) + 1)
        left = space
        for name in row:
            found[name] = left + _width(name) / 2
            left += _width(name) + space
    return found


def _width(name: str) -> float:
    return 8 if name[0] == "^" else len(name) * CHARACTER + GAP


def svg() -> str:
    """The picture."""
    graph = stepwise(reduced(imports()))
    made = rows(graph)
    x = _places(made)
    y = {name: 60 + ROW * i for i, row in enumerate(made) for name in row}
    colour = {name: COLOURS[group] for group, names in GROUPS.items() for name in names}
    half = {name: 0 if name[0] == "^" else HEIGHT / 2 for name in x}
    lines = [_line(x[a], y[a] + half[a], x[b], y[b] - half[b]) for a in sorted(graph) for b in sorted(graph[a])]
    boxes = [_box(name, x[name], y[name], colour[name]) for row in made for name in row if name in colour]
    keys = [
        f'<rect x="{20 + 180 * i}" y="8" width="14" height="14" rx="3" fill="{colour}"/>'
        f'<text class="key" x="{40 + 180 * i}" y="15">{group}</text>'
        for i, (group, colour) in enumerate(COLOURS.items())
    ]
    return "\n".join([HEAD.format(height=60 + ROW * (len(made) - 1) + HEIGHT), *keys, *lines, *boxes, "</svg>\n"])


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    bend = (to_y - y) / 2
    return f'<path d="M{x:.0f} {y:.0f} C{x:.0f} {y + bend:.0f} {to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y:.0f}"/>'


def _box(name: str, x: float, y: float, colour: str) -> str:
    left, width = x - _width(name) / 2, _width(name)
    return (
        f'<rect x="{left:.0f}" y="{y - HEIGHT / 2:.0f}" width="{width:.0f}" height="{HEIGHT}" rx="5" fill="{colour}"/>'
        f'<text x="{x:.0f}" y="{y:.0f}">{name}</text>'
    )


HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 {height}" role="img" aria-label="Rooms of aelab">
<style>
  text {{ font: 15px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #14202e;
    text-anchor: middle; dominant-baseline: central; }}
  .key {{ font: 14px -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: #757e88;
    text-anchor: start; }}
  path {{ fill: none; stroke: #8a939d; stroke-width: 1.4; }}
</style>"""


if __name__ == "__main__":
    Path(__file__).with_name("map.svg").write_text(svg())

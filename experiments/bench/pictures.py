"""The figures of RESULTS.md, drawn from what results/bench.json holds."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from aelab.figures import paper
from experiments.bench import results

WIDTH, HEIGHT, LINE = 420, 300, 26  # pixels: of a panel, of a bar


def ratios(rows: dict[str, Any]) -> bytes:
    """A bar for each row: how many times as fast aelab is as the best peer."""
    names = [label(row) for row in rows.values()]
    values = [results.ratio(row, results.best_peer(row)) for row in rows.values()]
    with paper.style():
        space = max(paper.text_width(name) for name in names) + 12
        left, top = paper.MARGIN + space, paper.MARGIN + 40
        figure = paper.sheet(left + WIDTH + 2 * paper.MARGIN, top + LINE * len(names) + 64)
        paper.title(figure, "Times as fast as the best peer", left)
        axes = paper.place(figure, left, top, WIDTH, LINE * len(names))
        places = range(len(names))
        axes.barh(places, values, height=0.66, color=paper.PALETTE[0])
        axes.axvline(1, color=paper.INK, linewidth=0.8)
        for at, value in zip(places, values, strict=True):
            axes.annotate(f"{value:.2f}", (value, at), (4, 0), textcoords="offset points", va="center", size=7)
        axes.set_yticks(places, names)
        axes.set(xlim=(0, 1.12 * max(1, *values)), ylim=(len(names) - 0.5, -0.5), xlabel="ratio of examples per second")
        axes.grid(axis="y", visible=False)
        return paper.png(figure)


def label(row: dict[str, Any]) -> str:
    """The task, and its batch where it has one."""
    batch = row["work"].get("batch")
    return f"{row['title']}, batch {batch}" if batch else row["title"]


def growth(found: dict[str, Any]) -> bytes:
    """Seconds by examples and by width; the grey lines are linear, through the largest."""
    with paper.style():
        space, top = 76, paper.MARGIN + 48
        figure = paper.sheet(2 * (space + WIDTH) + 2 * paper.MARGIN, top + HEIGHT + 72)
        paper.title(figure, "What more examples and more width cost", paper.MARGIN + space)
        for i, (points, x, unit) in enumerate(
            [(found["examples"], "examples", "seconds per epoch"), (found["widths"], "width", "seconds per step")]
        ):
            axes = paper.place(figure, paper.MARGIN + i * (space + WIDTH) + space, top, WIDTH, HEIGHT)
            _panel(axes, [p[x] for p in points], [p["seconds"] for p in points])
            axes.set(xlabel=x, ylabel=unit)
        return paper.png(figure)


def _panel(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    axes.plot([x[0], x[-1]], [y[-1] * x[0] / x[-1], y[-1]], color=paper.MUTED, linewidth=0.8)
    axes.plot(x, y, "o", color=paper.PALETTE[0], markersize=4)
    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())

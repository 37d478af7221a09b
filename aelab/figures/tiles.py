"""A grid of events in one picture: images pixel by pixel, series and vectors as small lines."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from aelab.figures import long, paper

Limits = tuple[float, float] | np.ndarray

GAP = 3  # pixels between tiles
PAD = 8  # pixels between the tiles and what is written beside them
SHOWN = 1040  # pixels that a page has for a picture: of a wider one, words are larger by as much as it is made smaller


def tiles(
    events: np.ndarray,
    *,
    title: str,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    x_label: str = "",
    y_label: str = "",
    limits: Limits | None = None,
    behind: np.ndarray | None = None,
) -> Figure:
    """Draw events [row, column, *event]; NaN stays white.

    `limits` is what black and white mean, or the lower and upper end of the lines: by default 0 and 1 where all values
    lie between them, else their own minimum and maximum. `behind`, of the same shape, is drawn in grey under lines.
    """
    events = events.astype(np.float32)
    limits = span(events) if limits is None else limits
    image = events.ndim == 5
    mosaic = join(pictures(events, limits) if image else blank(events))
    figure, axes = _framed(mosaic, events.shape[:2], title, rows, columns, x_label, y_label)
    if not image:
        cell = (np.array(mosaic.shape[:2]) + GAP) // events.shape[:2] - GAP
        if behind is not None:
            _lines(axes, behind, cell, limits, [paper.MUTED], alpha=0.6)
        _lines(axes, events, cell, limits, [paper.INK] if events.shape[-1] == 1 or events.ndim == 3 else paper.PALETTE)
    return figure


def span(events: np.ndarray) -> tuple[float, float]:
    """The common range of finite values: (0, 1) where it holds them all."""
    finite = events[np.isfinite(events)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high if high > low else low + 1)


def pictures(events: np.ndarray, limits: Limits) -> np.ndarray:
    """Images [row, column, height, width, channel] as RGB in [0, 1], made larger or smaller by a whole factor."""
    if events.shape[-1] != 3:
        events = events.mean(-1, keepdims=True)
    x = np.clip((events - limits[0]) / (limits[1] - limits[0]), 0, 1)
    x = np.where(np.isnan(x), 1, x).repeat(3 // x.shape[-1], axis=-1)
    r, c, h, w, _ = x.shape
    ratio = np.clip(1280 / c, 40, 112) / max(h, w)
    if ratio > 0.75:
        times = max(1, round(ratio))
        return x.repeat(times, 2).repeat(times, 3)
    part = min(round(1 / ratio), h, w)
    h, w = h // part, w // part
    return x[:, :, : h * part, : w * part].reshape(r, c, h, part, w, part, 3).mean((3, 5))


def blank(events: np.ndarray) -> np.ndarray:
    """The ground that lines are drawn on, as `pictures` gives it."""
    if long.is_long(events.shape[2:]):
        width, height = long.WIDTH // events.shape[1], long.HEIGHT
    else:
        width = int(np.clip(1600 / events.shape[1], 96, 224))
        height = int(0.64 * width)
    ground = np.array([int(paper.FAINT[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.broadcast_to((1 + ground) / 2, (*events.shape[:2], height, width, 3))


def join(x: np.ndarray) -> np.ndarray:
    """[row, column, height, width, 3] side by side with white gaps."""
    x = np.pad(x, [(0, 0), (0, 0), (0, GAP), (0, GAP), (0, 0)], constant_values=1)
    r, c, h, w, _ = x.shape
    return x.swapaxes(1, 2).reshape(r * h, c * w, 3)[:-GAP, :-GAP]


def _framed(mosaic, shape, title, rows, columns, x_label, y_label) -> tuple[Figure, Axes]:
    """The tiles with their labels, and a figure just large enough for both."""
    height, width, _ = mosaic.shape
    size = paper.STYLE["font.size"] * max(1, width / SHOWN)
    labels = max((paper.text_width(row, size=size) for row in rows), default=0)
    line = round(20 * size / paper.STYLE["font.size"])  # pixels
    left = paper.MARGIN + (labels + PAD if labels else 0) + (line + PAD if y_label else 0)
    top = paper.MARGIN + 32
    below = (line + PAD if columns else 0) + (line if x_label else 0)
    least = paper.text_width(title, **paper.TITLE)
    figure = paper.sheet(left + max(width, least) + paper.MARGIN, top + height + below + paper.MARGIN)
    paper.title(figure, title, left)
    axes = paper.place(figure, left, top, width, height)
    axes.imshow(mosaic, interpolation="nearest")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    y, x = (
        (np.arange(n) + 0.5) * (size + GAP) / n - GAP / 2 - 0.5 for n, size in zip(shape, (height, width), strict=True)
    )
    axes.set_yticks(y if rows else [], rows or [])
    axes.set_xticks(x if columns else [], columns or [])
    axes.tick_params(pad=PAD * 72 / paper.DPI, labelcolor=paper.INK, labelsize=size)
    axes.set_xlabel(x_label, size=size)
    axes.set_ylabel(y_label, size=size)
    return figure, axes


def _lines(axes: Axes, events: np.ndarray, cell, limits: Limits, colours: Sequence[str], alpha: float = 1.0) -> None:
    """Lines of events [row, column, time, channel] or [row, column, feature] over their tiles of `cell` pixels."""
    events = events[..., None] if events.ndim == 3 else events
    r, c, time, channel = events.shape
    inset = 0.1 * cell[0]
    x = np.linspace(inset, cell[1] - inset, time) + (cell[1] + GAP) * np.arange(c)[:, None]
    part = (events - limits[0]) / (limits[1] - limits[0])
    y = cell[0] - inset - part * (cell[0] - 2 * inset) + (cell[0] + GAP) * np.arange(r)[:, None, None, None]
    for k in range(channel):
        points = np.stack(np.broadcast_arrays(x, y[..., k]), -1).reshape(r * c, time, 2)
        colour = colours[k % len(colours)]
        axes.add_collection(LineCollection(list(points), colors=colour, alpha=alpha, linewidths=0.9), autolim=False)

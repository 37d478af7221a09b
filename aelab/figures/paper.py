"""What every figure is drawn on: one font, one ink, one palette, and pixels that fall on pixels."""

import io
from typing import Any

from matplotlib import style as styles
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

DPI = 128  # a power of two: pixels / DPI * DPI is exact
MARGIN = 24  # pixels
INK, MUTED, FAINT = "#1d2733", "#66727f", "#eef1f4"
# Ten colours that stay apart under colour blindness and in small dots (Petroff 2021, arXiv:2107.02270).
PALETTE = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # travels with matplotlib
    "font.size": 8,
    "text.color": INK,
    "text.parse_math": False,  # labels come from data: a dollar sign is a dollar sign
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}
TITLE: dict[str, Any] = {"size": 9.5, "weight": "bold"}


def style():
    """The look, whatever the user's matplotlibrc says; a context around drawing and rendering."""
    return styles.context(["default", STYLE])


def sheet(width: int, height: int) -> Figure:
    """An empty white figure; pixels."""
    return Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")


def place(figure: Figure, left: int, top: int, width: int, height: int) -> Axes:
    """Axes at a place counted in pixels from the upper left corner."""
    w, h = figure.get_size_inches() * DPI
    return figure.add_axes((left / w, (h - top - height) / h, width / w, height / h))


def title(figure: Figure, text: str, left: int) -> None:
    """One line at the top, its left edge `left` pixels from that of the figure."""
    w, h = figure.get_size_inches() * DPI
    figure.text(left / w, 1 - MARGIN / h, text, va="top", **TITLE)


def text_width(text: str, **font: Any) -> int:
    """Pixels that a line of text takes."""
    if not text.strip():
        return 0
    given = FontProperties(**{"family": STYLE["font.family"], "size": STYLE["font.size"], **font})
    return int(TextPath((0, 0), text, prop=given, usetex=False).get_extents().x1 * DPI / 72) + 1


def number(x: float, digits: int = 1) -> str:
    """A number with a true minus sign, and no minus before zero."""
    return f"{round(float(x), digits) + 0.0:,.{digits}f}".replace("-", "−")


def png(figure: Figure) -> bytes:
    """The figure as PNG: the same bytes each time, with no date and no version inside."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()

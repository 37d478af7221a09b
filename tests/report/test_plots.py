"""Plots show each value where it is pointed at, and hold few enough places to point at."""

import re
import subprocess
import sys

import numpy as np
import pytest

from aelab.report.plots import PLACES, plot, plots, ticks
from aelab.runs.history import gather


def rows(count, **more):
    for i in range(1, count + 1):
        yield {"step": 10 * i, "epoch": i, "split": "train", "loss": 3.0 + 1 / i, **more}
        if i % 2 == 0:
            yield {"step": 10 * i, "epoch": i, "split": "validation", "loss": 4.0 + 1 / i, **more}


def test_pointing_at_an_epoch_shows_the_values_there():
    drawn = plots(gather(rows(4)))
    said = re.findall(r"text-anchor=\"end\">(epoch [^<]*)</text></g>", drawn)
    assert said == [
        "epoch 1 · train 4",
        "epoch 2 · train 3.50 · validation 4.50",
        "epoch 3 · train 3.33",
        "epoch 4 · train 3.25 · validation 4.25",
    ]


def test_a_value_stands_as_high_as_its_share_of_the_scale():
    """Two ticks of the axis and the last value of a line lie on one straight line from value to height."""
    drawn = plot("loss", gather(rows(4)))
    heights = {
        float(value): float(y) - 4
        for y, value in re.findall(r'class="tick" x="44" y="([\d.]+)" [^>]*>([\d.]+)<', drawn)
    }
    slope, offset = np.polyfit(list(heights), list(heights.values()), 1)
    points = re.search(r'<polyline class="valid" points="([^"]+)"', drawn)
    assert points is not None
    last = float(points[1].split()[-1].split(",")[1])
    np.testing.assert_allclose(slope * 4.25 + offset, last, atol=0.2)


def test_strips_lie_side_by_side_and_are_few():
    drawn = plots(gather(rows(1000)))
    strips = [(float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)" y="30" width="([\d.]+)"', drawn)]
    assert 100 < len(strips) <= PLACES
    ends = np.array([x + w for x, w in strips])
    np.testing.assert_allclose(ends[:-1], [x for x, _ in strips[1:]], atol=0.11)


def test_values_that_are_no_numbers_are_left_out_and_a_line_of_them_is_no_plot():
    arrays = gather(
        [{"step": i, "split": "train", "loss": value} for i, value in enumerate((2.0, float("nan"), 1.0), 1)]
    )
    assert "nan" not in plots(arrays)
    assert plots(gather([{"step": 1, "split": "train", "loss": float("inf")}])) == ""
    assert plots(gather([])) == ""


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 12, [0, 5, 10]),
        (-0.04, 0.11, [0, 0.05, 0.1]),
        (248.3, 471, [250, 300, 350, 400, 450]),
        (7.5, 20.6, [10, 15, 20]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


def test_no_plot_needs_matplotlib():
    """It takes half a second that a report of a running run need not wait."""
    code = "import sys; import aelab.report.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

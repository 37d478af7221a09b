"""The dots of a sweep stand where their numbers say, say what they are, and lead to their runs."""

import re

import numpy as np
import pytest

from aelab.report.dots import tradeoff

ARRAYS = {
    "entry": np.array([0, 0, 1, 2]),
    "rate": np.array([1.0, 3.0, 5.0, 8.0]),
    "distortion": np.array([90.0, 92.0, 80.0, 75.0]),
    "labels": np.array(["0.5", "<b>", "2"]),
    "corners": np.array([0, 1, 2]),
}
LINKS = ["../a", "../b", "../c"]
DOT = re.compile(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="5"/>')


@pytest.fixture(scope="module")
def drawn():
    return tradeoff(ARRAYS, LINKS)


def test_places_are_linear_in_rate_and_distortion(drawn):
    x, y = np.array([[float(n) for n in place] for place in DOT.findall(drawn)]).T
    for places, means in ((x, [2, 5, 8]), (y, [91, 80, 75])):
        slope, offset = np.polyfit(means, places, 1)
        np.testing.assert_allclose(slope * np.array(means) + offset, places, atol=0.1)
    assert x[0] < x[1] < x[2]
    assert y[0] < y[1] < y[2]  # downwards on the screen is less distortion


def test_a_dot_says_its_setting_and_leads_to_its_first_run(drawn):
    assert re.findall(r'href="([^"]+)"', drawn) == [f"{link}/report.html" for link in LINKS]
    assert "0.5 · rate 2 · distortion 91" in drawn
    assert "<b> ·" not in drawn
    assert "&lt;b&gt; · rate 5 · distortion 80" in drawn
    assert drawn.count('class="seed"') == 4


def test_one_setting_is_a_dot_too():
    one = {name: values[:1] for name, values in ARRAYS.items()}
    assert len(DOT.findall(tradeoff(one, LINKS[:1]))) == 1

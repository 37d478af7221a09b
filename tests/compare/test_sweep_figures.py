"""The figures of sweeps show what they are given."""

import numpy as np
from scipy.spatial import ConvexHull

from aelab.figures.fields import fields, heat, positions
from aelab.figures.tradeoff import hull, tradeoff

SWEPT = {
    "fields": np.array(["beta", "net"]),
    "labels": np.array([["0.5", "4", "10"], ["mlp", "conv", "mlp"]]),
    "mean": np.array([-99.0, -101.0, -110.0]),
    "low": np.array([-100.0, -102.0, -111.0]),
    "high": np.array([-98.0, -100.0, -109.0]),
    "score": np.array("test/elbo"),
    "better": np.array("higher"),
}


def test_numbers_rise_and_words_come_as_they_come():
    assert positions(["10", "2", "1e-3", "2"])[0] == ["1e-3", "2", "10"]
    values, at = positions(["mlp", "conv", "mlp"])
    assert values == ["mlp", "conv"]
    assert at.tolist() == [0, 1, 0]


def test_a_panel_for_each_field_joins_the_best_of_each_value():
    beta, net = fields(SWEPT).axes
    assert [label.get_text() for label in beta.get_xticklabels()] == ["0.5", "4", "10"]
    assert net.lines[-1].get_ydata().tolist() == [-99, -101]
    assert net.get_xlabel() == "net"


def test_a_heat_map_leaves_out_what_was_not_run():
    (axes,) = heat(SWEPT).axes
    assert sorted(text.get_text() for text in axes.texts) == ["−101.00", "−110.00", "−99.00"]
    assert np.isnan(axes.images[0].get_array().filled(np.nan)).sum() == 3


def test_the_hull_is_the_falling_part_of_the_lower_convex_hull():
    points = np.random.default_rng(0).normal(size=(40, 2))
    corners = hull(*points.T)
    known = set(ConvexHull(points).vertices.tolist())
    assert set(corners) <= known
    assert points[corners[0], 0] == points[:, 0].min()
    assert points[corners[-1], 1] == points[:, 1].min()
    line = np.interp(points[:, 0], points[corners, 0], points[corners, 1])
    assert (points[:, 1] >= line - 1e-12).all()
    beaten = (points[:, None] > points[None]).all(-1).any(1)  # by a point that is less in both
    assert not beaten[corners].any()


def test_distortion_stands_over_rate_with_a_dot_for_every_run():
    arrays = {
        "entry": np.array([0, 0, 1]),
        "rate": np.array([30.0, 32.0, 2.0]),
        "distortion": np.array([70.0, 72.0, 140.0]),
        "labels": np.array(["0.5", "8"]),
    }
    (axes,) = tradeoff(arrays).axes
    assert axes.lines[1].get_xdata().tolist() == [30, 32, 2]
    assert axes.lines[2].get_xydata().tolist() == [[31, 71], [2, 140]]
    assert [text.get_text() for text in axes.texts] == ["0.5", "8"]

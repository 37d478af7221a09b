"""The pictures of task tables: their size, and that what they show is there."""

import numpy as np
import pytest

from aelab.figures import paper
from aelab.figures.aggregate import aggregate
from aelab.figures.errors import errors


def drawn(event, n=3):
    x = np.random.default_rng(0).uniform(size=(2, n, *event)).astype(np.float32)
    arrays = {"originals": x[0], "rebuilt": x[1], "error": np.square(x[0] - x[1])}
    return {**arrays, "names": np.array(["normal", "anomaly", "other"]), "mean_error": arrays["error"].mean(-1)}


@pytest.mark.parametrize("event", [(8, 6, 1), (6, 6, 3)])
def test_errors_of_images_are_a_row_under_events_and_what_was_rebuilt(event):
    figure = errors(drawn(event))
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["event", "rebuilt", "|error|"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["normal", "anomaly", "other"]
    assert paper.png(figure).startswith(b"\x89PNG")


def test_errors_of_series_stand_under_each_heartbeat_on_one_scale():
    arrays = drawn((20, 1))
    figure = errors(arrays)
    assert len(figure.axes) == 6
    np.testing.assert_array_equal(figure.axes[2].lines[0].get_ydata(), arrays["originals"][1, :, 0])
    np.testing.assert_array_equal(figure.axes[3].lines[0].get_ydata(), arrays["mean_error"][1])
    assert len({axes.get_ylim() for axes in figure.axes[1::2]}) == 1


def test_codes_lie_on_axes_of_their_own_reach_beside_the_prior():
    codes = np.random.default_rng(0).normal(size=(2, 300, 2)) * np.array([1, 30])[:, None, None]
    figure = aggregate({"names": np.array(["VAE", "AE"]), "codes": codes, "prior": codes[0]})
    near, far = (axes.get_xlim()[1] for axes in figure.axes)
    assert far > 10 * near
    np.testing.assert_allclose(figure.axes[1].collections[0].get_offsets(), codes[1])

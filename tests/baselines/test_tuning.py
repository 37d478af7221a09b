"""Settings of rivals: the best lies inside the grid, or where the settings end."""

import math

import pytest

from aelab.baselines.tuning import Axis, counts, tune


def peak(at: float):
    """A score that is highest where x is `at`."""
    return lambda x: -abs(math.log(x / at))


def test_a_best_inside_is_taken_as_it_is():
    found = tune(peak(1.1), {"x": Axis((0.1, 1.0, 10.0))})
    assert found.setting == {"x": 1.0}
    assert len(found.tried) == 3


@pytest.mark.parametrize("at", [0.002, 500.0])
def test_a_grid_grows_until_its_best_is_inside(at):
    found = tune(peak(at), {"x": Axis((0.1, 1.0, 10.0))})
    tried = sorted(x for (x,) in found.tried)
    assert found.setting["x"] == pytest.approx(10 ** round(math.log10(at)))
    assert tried[0] < found.setting["x"] < tried[-1]


def test_where_settings_end_an_end_may_be_the_best():
    assert tune(lambda k: -k, {"k": Axis((3, 10), least=1, whole=True)}).setting == {"k": 1}
    assert tune(lambda n: n, {"n": Axis((2, 4), most=7, whole=True)}).setting == {"n": 7}
    assert tune(lambda w: w, {"w": Axis((3, 5), most=11, step=2)}).setting == {"w": 11}
    assert tune(lambda name: len(name), {"name": ["rbf", "linear"]}).setting == {"name": "linear"}


@pytest.mark.parametrize("there", [0, 1, 2, 5, 6, 50])
def test_of_few_neighbours_there_are_no_more_than_there_are(there):
    for sign, end in ((-1, min(1, there)), (1, there)):  # the fewer the better, or the more
        found = tune(lambda k, sign=sign: sign * k, {"k": counts((5, 10, 20), there)})
        assert max(k for (k,) in found.tried) <= there
        assert found.setting["k"] == end
    assert counts((5, 10, 20), 20).values == [5, 10, 20]


def test_a_lone_value_is_halved_and_doubled():
    found = tune(peak(3.9), {"x": Axis((1.0,))})
    assert sorted(x for (x,) in found.tried) == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert found.setting == {"x": 4.0}


def test_two_settings_grow_each_at_its_own_end():
    found = tune(lambda a, b: peak(30.0)(a) + peak(0.03)(b), {"a": Axis((0.1, 1.0)), "b": Axis((0.1, 1.0))})
    assert found.setting == pytest.approx({"a": 10.0, "b": 0.01})
    assert max(a for a, _ in found.tried) == pytest.approx(100.0)
    assert min(b for _, b in found.tried) == pytest.approx(0.001)


def test_a_score_without_a_peak_is_followed_to_a_limit_and_named():
    found = tune(lambda x, y: -1 / x + peak(1.0)(y), {"x": Axis((1.0, 2.0)), "y": Axis((0.5, 1.0, 2.0))})
    assert found.setting == {"x": 2.0**13, "y": 1.0}
    assert found.unbounded == ("x",)

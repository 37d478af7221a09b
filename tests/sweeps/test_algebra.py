"""Sets of overrides combine as sets do."""

import itertools
import math

import pytest

from aelab import sweeps
from aelab.errors import ConfigError
from aelab.sweeps import chain, choose, linear, log, log_uniform, product, seeds, uniform, zipped


def test_a_product_is_every_combination_and_is_counted_before_it_is_made():
    points = product(choose("beta", 1, 4), choose("net", "mlp", "conv"), seeds(3))
    expected = [{"beta": b, "net": n, "seed": s} for b, n, s in itertools.product((1, 4), ("mlp", "conv"), range(3))]
    assert list(points) == expected == list(points)
    assert len(points) == len(expected)
    assert product(seeds(10**6), choose("beta", *range(10**3))).count == 10**9


def test_zipped_goes_through_lists_together_and_chained_ones_follow_each_other():
    pairs = zipped(choose("beta", 1, 4), choose("lr", 3, 5))
    assert list(pairs) == [{"beta": 1, "lr": 3}, {"beta": 4, "lr": 5}]
    assert list(chain(pairs, seeds(1, 3))) == [*pairs, {"seed": 1}, {"seed": 2}]
    assert len(chain(pairs, seeds(1, 3))) == 4


def test_what_cannot_be_combined_is_said_in_a_line():
    with pytest.raises(ConfigError, match="beta: given twice"):
        product(choose("beta", 1), choose("beta", 2))
    with pytest.raises(ConfigError, match="beta, lr: lists of one length"):
        zipped(choose("beta", 1, 2), choose("lr", 1))


def test_spread_values_have_equal_steps_or_ratios():
    assert [p["beta"] for p in linear("beta", 0, 1, 5)] == [0, 0.25, 0.5, 0.75, 1]
    assert [p["lr"] for p in log("lr", 1e-4, 1e-2, 5)] == pytest.approx([10 ** (i / 2 - 4) for i in range(5)], rel=1e-5)
    assert [p["lr"] for p in log("lr", 2, 3, 1)] == [2]


def test_drawn_values_follow_their_law_and_repeat():
    drawn = [p["lr"] for p in log_uniform("lr", 1e-4, 1, 4000)]
    logs = [math.log10(x) for x in drawn]
    assert min(logs) >= -4
    assert max(logs) <= 0
    assert sum(logs) / 4000 == pytest.approx(-2, abs=0.1)
    assert [p["lr"] for p in log_uniform("lr", 1e-4, 1, 4000)] == drawn
    assert list(uniform("lr", 0, 1, 5)) != list(uniform("lr", 0, 1, 5, seed=1))
    assert [p["lr"] for p in uniform("lr", 0, 1, 5)] != [p["beta"] for p in uniform("beta", 0, 1, 5)]


def test_the_menu_is_what_it_says():
    assert all(hasattr(sweeps, name) for name in sweeps.__all__)

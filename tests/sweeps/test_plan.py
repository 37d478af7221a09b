"""Points become runs: those of single launches, no two in one folder."""

from pathlib import Path

import pytest

from aelab.config import flags, run_name
from aelab.errors import ConfigError
from aelab.sweeps import parse
from aelab.sweeps.plan import plan_sweep, refuse_too_many
from aelab.sweeps.scripts import find_script
from experiments import vae


def planned(spec):
    return plan_sweep(find_script("vae"), parse(vae.Config, spec), Path("runs"))


def test_a_point_is_the_run_of_a_single_launch():
    for point in planned("beta=0.5,4 widths=[32,16],[8] binarize=true,false seed=0,7 sigma=learned").points:
        config = flags.parse(vae.Config, point.command[2:], prog="vae")
        assert point.command[:2] == ("-m", "experiments.vae")
        assert point.run.path == Path("runs/vae") / run_name("experiments.vae", config)


def test_points_that_come_to_one_run_are_one():
    made = planned("beta=1,1.0,4 | beta=4 net=mlp | seed=0")
    assert [point.override for point in made.points] == [{"beta": 1.0}, {"beta": 4.0}]
    assert len({point.name for point in made.points}) == 2


def test_only_fields_that_differ_are_swept():
    made = planned("data=digits beta=1,4 seed=0:2")
    assert made.swept == ["beta", "seed"]
    assert made.points[0].name.startswith("beta-1-")
    assert made.points[1].name.endswith("-s1")


def test_what_cannot_be_swept_is_said():
    with pytest.raises(ConfigError, match="a sweep of no points"):
        planned("")
    with pytest.raises(ConfigError, match="vea: no such script in experiments; nearest: vae"):
        find_script("vea")
    with pytest.raises(ConfigError, match="reduce: makes a table of its own"):
        find_script("reduce")


def test_very_many_points_want_a_yes():
    with pytest.raises(ConfigError, match="1,000,000 points: add --yes"):
        refuse_too_many(10**6, yes=False)
    refuse_too_many(10**6, yes=True)
    refuse_too_many(100, yes=False)

"""Sweeps as text: what they say is what the algebra says, and what cannot be is said before anything runs."""

import time
from dataclasses import replace

import pytest

from aelab.config import identity
from aelab.errors import ConfigError
from aelab.sweeps import chain, choose, parse, product, seeds, zipped
from experiments.vae import Config


def test_terms_multiply_and_their_values_are_typed():
    points = parse(Config, "latent_dim=2,8,32 lr=log(1e-4,1e-2,5) widths=[512,256],[128] seed=0:5")
    assert len(points) == 3 * 5 * 2 * 5
    first = next(iter(points))
    assert first == {"latent_dim": 2, "lr": 1e-4, "widths": (512, 256), "seed": 0}
    assert [type(value) for value in first.values()] == [int, float, tuple, int]


def test_text_and_algebra_say_the_same():
    text = "(beta, lr)=(1, 1e-3), (4, 1e-4) seed=1:3 | net=conv binarize=true,false sigma=learned,0.5"
    pairs = zipped(choose("beta", 1.0, 4.0), choose("lr", 1e-3, 1e-4))
    other = product(choose("net", "conv"), choose("binarize", True, False), choose("sigma", "learned", 0.5))
    assert list(parse(Config, text)) == list(chain(product(pairs, seeds(1, 3)), other))


def test_whole_numbers_that_are_spread_are_rounded_and_come_once():
    assert [p["latent_dim"] for p in parse(Config, "latent_dim=log(1,4,9)")] == [1, 2, 3, 4]


def test_a_python_file_defines_points(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("from aelab.sweeps import *\npoints = product(choose('beta', 1, '4'), seeds(2))\n")
    assert list(parse(Config, str(file))) == [{"beta": b, "seed": s} for b in (1.0, 4.0) for s in (0, 1)]
    file.write_text("points = [{'bta': 1}]")
    with pytest.raises(ConfigError, match="bta: no such field; nearest: beta"):
        parse(Config, str(file))
    for wrong, said in (("x = 1", "defines no points"), ("1 / 0", "ZeroDivisionError")):
        file.write_text(wrong)
        with pytest.raises(ConfigError, match=said):
            parse(Config, str(file))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("bta=1", "bta: no such field; nearest: beta"),
        ("beta=x", "beta: needs a number, got 'x'"),
        ("beta=", "beta: an empty list"),
        ("seed=3:3", r"seed: an empty list \(3:3\)"),
        ("beta=1,,2", "beta: a value is missing in '1,,2'"),
        ("chunk=1,2", "chunk: says how a run is carried out"),
        ("optimizer=adem", "got 'adem'; nearest: adam"),
        ("lr=log(0,1,3)", "lr: log needs .*above 0"),
        ("lr=lg(1,2,3)", "nearest: log"),
        ("widths=512", "widths: needs lists in brackets"),
        ("beta=-1", "beta: must be a finite number of at least 0, got -1"),
        ("beta=nan", "beta: must be a finite number"),
        ("latent_dim=2.5", "latent_dim: needs a whole number, got '2.5'"),
        ("beta", "beta: no term of a sweep"),
        ("beta=1 beta=2", "beta: given twice"),
        ("(beta,lr)=(1,2),(3)", "needs as many values"),
        ("binarize=1", "binarize: needs true or false"),
        ("missing.py", "missing.py: no such file"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_field(spec, said):
    with pytest.raises(ConfigError, match=said) as error:
        parse(Config, spec)
    assert "\n" not in str(error.value)


def test_points_may_keep_to_one_core_each():
    points = list(parse(Config, "deterministic=true seed=0:2"))
    assert points == [{"deterministic": True, "seed": seed} for seed in range(2)]
    plain, kept = (identity("experiments.vae", replace(Config(), deterministic=on)) for on in (False, True))
    assert plain == kept


def test_a_million_points_are_counted_without_making_them():
    start = time.monotonic()
    assert parse(Config, "seed=0:1000 beta=linear(0,9,1000)").count == 10**6
    assert time.monotonic() - start < 5

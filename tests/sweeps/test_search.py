"""Searches draw what they are told to, go on where they stopped, and give the best of what they drew."""

import json
import math
import sys

import pytest

from aelab.errors import ConfigError
from aelab.runner import launch
from aelab.sweeps import halving
from aelab.sweeps.space import Range, draws, space, varying
from experiments import sweep
from experiments.vae import Config, build

TINY = "data=digits widths=[12] latent_dim=3 batch_size=100 importance_samples=2 figures=later"


def run(folder, spec, *flags):
    words = ["vae", f"{TINY} {spec}", "--runs-dir", str(folder), "--name", "mine", "--workers", "2", *flags]
    return launch.command(sweep.Config, sweep.run, words)


def points(folder):
    return json.loads((folder / "sweeps" / "mine" / "sweep.json").read_text())["points"]


def test_a_space_is_ranges_and_lists():
    over = space(Config, "lr=loguniform(1e-4,1e-2) latent_dim=uniform(2,64) widths=[8],[16,8] data=digits")
    assert over["lr"] == Range(1e-4, 1e-2, True, False)
    assert over["latent_dim"] == Range(2, 64, False, True)
    assert over["widths"] == [(8,), (16, 8)]
    assert varying(over) == ["lr", "latent_dim", "widths"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("lr=loguniform(0,1)", "lr: must be a finite number above 0, got 0"),
        ("beta=loguniform(0,1)", "beta: needs .*above 0"),
        ("beta=uniform(2,1)", "beta: needs .*first end below"),
        ("net=uniform(1,2)", "net: needs one of"),
        ("bta=uniform(1,2)", "bta: no such field; nearest: beta"),
        ("(beta,lr)=(1,2)", "a search draws each field by itself"),
    ],
)
def test_a_space_that_cannot_be_is_said(spec, said):
    with pytest.raises(ConfigError, match=said):
        space(Config, spec)


def test_draws_lie_in_the_space_and_more_of_them_begin_alike():
    over = space(Config, "lr=loguniform(1e-4,1e-2) latent_dim=uniform(2,64) net=mlp,conv")
    drawn = list(draws(over, 500))
    assert list(draws(over, 3)) == drawn[:3]
    assert {point["net"] for point in drawn} == {"mlp", "conv"}
    assert all(1e-4 <= point["lr"] <= 1e-2 and isinstance(point["latent_dim"], int) for point in drawn)
    assert sum(math.log10(point["lr"]) for point in drawn) / 500 == pytest.approx(-3, abs=0.1)


def test_rungs_grow_by_thirds():
    assert halving.rungs(27) == [1, 3, 9]
    assert halving.rungs(10) == [1, 3]
    assert halving.rungs(2) == []


@pytest.mark.long
def test_halving_ends_with_the_run_of_a_single_launch(tmp_path, capfd):
    """The learning rate that learns wins over those that hardly move, and its run is that of one launch."""
    spec = "epochs=3 lr=1e-7,2e-7,1e-2"
    assert run(tmp_path, spec, "--search", "halving", "--runs", "9") == 0
    made = points(tmp_path)
    (best,) = [point for point in made if point["state"] == "done"]
    assert best["overrides"]["lr"] == 1e-2
    assert {point["state"] for point in made} == {"done", "dropped"}
    alone = ["--data", "digits", "--widths", "12", "--latent-dim", "3", "--batch-size", "100", "--epochs", "3"]
    alone += ["--importance-samples", "2", "--lr", "1e-2", "--runs-dir", str(tmp_path / "alone")]
    assert launch.main(Config, build, alone) == 0
    (single,) = (tmp_path / "alone").glob("vae/*")
    halved = tmp_path / best["run"]
    assert halved.name == single.name
    for name in ("metrics.jsonl", "summary.json"):
        assert (halved / name).read_text() == (single / name).read_text()
    again = points(tmp_path)
    assert run(tmp_path, spec, "--search", "halving", "--runs", "9") == 0
    assert points(tmp_path) == again


def test_random_search_stops_when_its_minutes_are_over(tmp_path):
    assert (
        run(tmp_path, "epochs=1 lr=loguniform(1e-4,1e-2)", "--search", "random", "--runs", "30", "--minutes", "1e-6")
        == 0
    )
    assert {point["state"] for point in points(tmp_path)} == {"waiting"}


@pytest.mark.long
def test_tpe_goes_on_with_its_journal(tmp_path):
    spec = "epochs=1 lr=loguniform(1e-4,1e-1)"
    assert run(tmp_path, spec, "--search", "tpe", "--runs", "2") == 0
    first = points(tmp_path)
    assert [point["state"] for point in first] == ["done", "done"]
    assert run(tmp_path, spec, "--search", "tpe", "--runs", "3") == 0
    assert points(tmp_path)[:2] == first
    assert len(points(tmp_path)) == 3


def test_without_optuna_tpe_says_what_to_install(tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "optuna", None)  # as if it were not installed
    assert run(tmp_path, "lr=loguniform(1e-4,1e-1)", "--search", "tpe") == 2
    assert "pip install 'aelab[search]'" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())

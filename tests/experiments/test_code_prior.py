"""A prior is trained over finished codes, which stay as they are, and the run says whose child it is."""

import dataclasses
import json
import math

import jax
import numpy as np
import pytest
from everywhere import WAYS, assert_same

import aelab
from aelab.config import tiny
from aelab.errors import ConfigError
from aelab.runner import launch
from aelab.runs.folder import Run
from experiments import code_prior, vq

TINY = {"net": "conv", "channels": (4,), "latent_grid": True, "latent_dim": 3, "codes": 8}
CONFIG = code_prior.Config(
    data="digits", **TINY, prior_width=6, prior_depth=1, batch_size=36, optimizer="sgd", lr=0.1, epochs=1
)
SHORT = ("shard_map-8", "resumed")


@pytest.mark.parametrize(
    "way", [pytest.param(*w.values, marks=pytest.mark.ci if w.values[0] in SHORT else pytest.mark.long) for w in WAYS]
)
def test_a_prior_is_the_same_everywhere(way):
    """A bias begins at 0, and its slope is a sum over places that nearly cancels: 2.4e-6 of its largest was seen."""
    assert_same(CONFIG, code_prior.build, way, close=1e-5)


@pytest.mark.ci
@pytest.mark.parametrize("settings", [{}, {"prior_net": "transformer", "condition": "label"}], ids=["conv", "told"])
def test_a_child_has_the_codes_of_its_parent_and_a_prior_of_its_own(settings, tmp_path):
    parent = launch.train("experiments.vq", tiny(vq.Config(**TINY, smoke=True, runs_dir=tmp_path)), vq.build)
    asked = code_prior.Config(smoke=True, codes_of=str(parent.path), prior_width=8, prior_depth=1, **settings)
    config = asked.resolved()
    child = launch.train("experiments.code_prior", config, code_prior.build)
    assert parent.path in child.path.parents
    stored = json.loads((child.path / "config.json").read_text())["config"]
    assert stored["codes_sha256"] == parent.read("summary.json")["params_sha256"]
    theirs, own = aelab.load(parent.path)[1]["model"], aelab.load(child.path)[1]["model"]
    assert own.keys() - theirs.keys() == {"prior"}
    jax.tree.map(np.testing.assert_array_equal, theirs, {name: own[name] for name in theirs})
    scores = child.read("summary.json")["scores"]
    np.testing.assert_allclose(scores["test/elbo"], -scores["test/distortion"] - scores["test/rate"], rtol=1e-6)
    np.testing.assert_allclose(scores["test/distortion"], parent.read("summary.json")["scores"]["test/distortion"])
    np.testing.assert_allclose(scores["test/bits_per_code"], scores["test/rate"] / (16 * math.log(2)), rtol=1e-5)
    assert (child.path / "figures" / ("class_samples.npz" if settings else "samples.npz")).exists()
    moved = parent.path.rename(tmp_path / "elsewhere") / child.path.relative_to(parent.path)
    assert aelab.load(moved)[1].keys() == {"model"}  # it stands for itself


def finished(folder, script, **settings):
    """A run folder that says no more than what is read of it."""
    run = Run(folder)
    run.path.mkdir()
    run.write("config.json", {"schema": 1, "experiment": f"experiments.{script}", "config": settings})
    run.write("status.json", {"state": "done", "step": 1})
    run.write("summary.json", {"params_sha256": "abc", "scores": {}})
    return str(folder)


def test_what_the_autoencoder_decides_is_taken_from_its_run(tmp_path):
    path = finished(tmp_path / "run", "vq", data="digits", net="conv", latent_grid=True, codes=8, lr=0.5, noise=0.5)
    config = code_prior.Config(codes_of=path + "/", epochs=3).resolved()
    assert (config.data, config.net, config.codes, config.init_from) == ("digits", "conv", 8, path)
    assert (config.lr, config.epochs, config.noise, config.shown) == (1e-3, 3, 0.0, "prior")
    told = finished(tmp_path / "told", "vq", condition="label")
    assert code_prior.Config(codes_of=told).resolved().shown == "all"
    same = dataclasses.replace(config, codes_of=path)
    assert same.resolved() == config


@pytest.mark.parametrize(
    ("script", "settings", "words"),
    [
        ("", {}, "--codes-of: give the folder of a finished run"),
        ("vae", {}, "is no run of experiments.vq"),
        ("vq", {"data": "sprites"}, "--data: is fashion_small in the run that --codes-of names; leave it out"),
    ],
)
def test_what_cannot_be_is_one_line(script, settings, words, tmp_path):
    path = finished(tmp_path / "run", script) if script else ""
    with pytest.raises(ConfigError, match=words) as caught:
        code_prior.Config(codes_of=path, **settings).resolved()
    assert "\n" not in str(caught.value)


def test_a_run_that_is_not_finished_has_no_codes_yet(tmp_path):
    path = finished(tmp_path / "run", "vq")
    (tmp_path / "run" / "summary.json").unlink()
    with pytest.raises(ConfigError, match="is not finished"):
        code_prior.Config(codes_of=path).resolved()

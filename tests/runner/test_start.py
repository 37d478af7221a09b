"""`--init-from RUN`: what fits is taken, the rest is named, and the child says whose it is."""

import json

import jax
import numpy as np
import pytest

import aelab
from aelab.audit.verify import verify
from aelab.errors import ConfigError
from aelab.runner import launch
from aelab.runs.start import Start, fitting, merged
from experiments import vae


def tree(**parts: dict) -> dict:
    return {"model": {part: {name: np.zeros(shape) for name, shape in own.items()} for part, own in parts.items()}}


def layer(inputs: int, outputs: int) -> dict:
    return {"kernel": np.ones((inputs, outputs)), "bias": np.ones(outputs)}


def test_layers_of_equal_shapes_are_taken_and_the_others_are_named():
    theirs = {
        "model": {"encoder": {"Dense_0": layer(4, 3)}, "decoder": {"Dense_0": layer(2, 3), "Dense_1": layer(3, 4)}}
    }
    mine = {"model": {"encoder": {"Dense_0": layer(4, 3)}, "decoder": {"Dense_0": layer(2, 3), "Dense_1": layer(3, 8)}}}
    taken, fresh = fitting(theirs, mine)
    assert fresh == ["decoder.Dense_1"]
    assert taken["model"]["encoder"]["Dense_0"] is theirs["model"]["encoder"]["Dense_0"]
    assert set(taken["model"]["decoder"]) == {"Dense_0"}


def test_a_kernel_goes_with_its_bias():
    taken, fresh = fitting({"a": {"b": layer(1, 2)}, "c": layer(1, 1)}, {"a": {"b": layer(3, 2)}, "c": layer(1, 1)})
    assert (list(taken), fresh) == (["c"], ["a"])


def test_a_part_that_is_not_there_is_named_as_a_whole():
    theirs, mine = tree(encoder={"w": (2,)}), tree(encoder={"w": (2,)}, likelihood={"log_sigma": ()})
    assert fitting(theirs, mine)[1] == ["likelihood"]
    assert fitting(mine, theirs)[1] == []
    assert fitting(mine, {**theirs, "critic": {"Dense_0": layer(1, 1)}})[1] == ["critic"]


def test_what_is_taken_stands_in_the_place_of_what_is_fresh():
    fresh, taken = {"a": {"b": {"w": 1}, "c": {"w": 2}}}, {"a": {"c": {"w": 3}}}
    assert merged(fresh, taken) == {"a": {"b": {"w": 1}, "c": {"w": 3}}}


def test_what_is_not_taken_is_one_line():
    assert Start("one", {}).said == ""
    said = Start("one", {}, ("decoder.Dense_1",), ("likelihood",)).said
    assert said.startswith("--init-from one: all is taken but decoder.Dense_1, of another shape")
    assert said.endswith("and likelihood, which has no place here")


TINY = ["--widths", "12", "--latent-dim", "3", "--epochs", "1", "--importance-samples", "2", "--figures", "none"]


@pytest.mark.ci
def test_a_run_goes_over_to_other_data_and_another_likelihood_and_batch_size(finished, tmp_path, capfd):
    x = np.random.default_rng(0).normal(size=(60, 8, 8, 1))
    np.savez(tmp_path / "other.npz", x=x)
    flags = ["--data", f"npz:{tmp_path / 'other.npz'}", "--kind", "image", *TINY, "--batch-size", "16", "--lr", "1e-12"]
    flags += ["--likelihood", "bounded_normal", "--init-from", str(finished), "--runs-dir", str(tmp_path)]
    assert launch.main(vae.Config, vae.build, flags) == 0
    assert "--init-from" in capfd.readouterr().err
    (path,) = (tmp_path / "vae").iterdir()
    theirs, mine = (aelab.load(run)[1]["model"] for run in (finished, path))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), theirs["encoder"], mine["encoder"])
    made = json.loads((path / "manifest.json").read_text())["starts_from"]
    parent = json.loads((finished / "manifest.json").read_text())
    assert (path / made["run"]).resolve() == finished.resolve()
    assert made["params_sha256"] == parent["params_sha256"]
    assert made["fresh"] == ["decoder.Dense_1"]
    assert verify(path).damage == []


def test_parameters_of_which_none_fit_are_refused(finished, tmp_path):
    asked = vae.Config(data="digits", widths=(7,), latent_dim=2, init_from=str(finished), runs_dir=tmp_path)
    with pytest.raises(ConfigError, match="do not fit this model"):
        launch.train("experiments.vae", asked, vae.build)

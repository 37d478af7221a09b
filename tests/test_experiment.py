"""A finished run comes back as model, params and config; strangers' scripts are not imported unasked."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

import aelab
from aelab.batch import Hyper
from aelab.errors import CheckpointError, ConfigError
from aelab.experiment import hyper
from aelab.runner import launch
from experiments import vae


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert launch.main(vae.Config, vae.build, ["--smoke", "--runs-dir", str(folder)]) == 0
    (path,) = folder.glob("vae/*")
    return path


def test_load_gives_a_model_that_works_without_its_data(run, tmp_path):
    moved = run.rename(run.parent / "renamed")
    model, params, config = aelab.load(moved)
    moved.rename(run)
    x = jnp.zeros((5, 8, 8, 1))
    assert model.encode(params, x).mean.shape == (5, config.latent_dim)
    stored = np.load(run / "figures" / "reconstructions.npz")
    np.testing.assert_allclose(model.reconstruct(params, stored["originals"]), stored["rebuilt"], rtol=1e-5, atol=1e-6)


def test_what_is_no_run_is_said(tmp_path):
    with pytest.raises(ConfigError, match=r"no config\.json"):
        aelab.load(tmp_path)


def test_a_run_without_checkpoints_is_said(run, tmp_path):
    for name in ("config.json", "manifest.json"):
        (tmp_path / name).write_text((run / name).read_text())
    with pytest.raises(CheckpointError, match="no checkpoint"):
        aelab.load(tmp_path)


def test_only_scripts_of_this_package_are_imported(run, tmp_path):
    config = json.loads((run / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "experiment": "os.path"}))
    with pytest.raises(ConfigError, match="trust=True"):
        aelab.load(tmp_path)


def test_epochs_become_steps():
    config = vae.Config(warmup=0.5, beta_warmup=2.0, lr=0.01, beta=4.0)
    found = hyper(config, 10, 200)
    assert found._replace(own={}) == Hyper(lr=0.01, steps=200, beta=4.0, warmup=5.0, beta_warmup=20.0)
    assert (
        found.capacity_epochs == 10 * config.capacity_epochs
    )  # an epoch is ten steps in the objectives' own numbers, too


@pytest.mark.ci
def test_validation_losses_of_a_warm_up_can_be_compared(tmp_path):
    argv = [
        "--data",
        "digits",
        "--widths",
        "16",
        "--latent-dim",
        "2",
        "--epochs",
        "2",
        "--beta",
        "4",
        "--beta-warmup",
        "8",
    ]
    assert launch.main(vae.Config, vae.build, [*argv, "--runs-dir", str(tmp_path)]) == 0
    (metrics,) = tmp_path.glob("vae/*/metrics.jsonl")
    rows = [row for row in map(json.loads, metrics.read_text().splitlines()) if row["split"] == "validation"]
    assert rows
    for row in rows:  # distortion + 4 rate from the first epoch on
        np.testing.assert_allclose(row["loss"], row["distortion"] + 4 * row["rate"], rtol=1e-5)

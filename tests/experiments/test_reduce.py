"""A linear autoencoder is PCA, trained like any other run; what is said of the published figure."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from aelab import data
from aelab.baselines.components import events
from aelab.runner import launch
from aelab.runs import load
from experiments import autoencoder, reduce


@pytest.fixture
def linear(tmp_path):
    """The finished run of a linear autoencoder with a code of 2, and the training events it saw, centred."""
    spread = np.array([3, 2, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])  # two directions stand out
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    x = np.random.default_rng(0).normal(size=(500, 8)) * spread @ turned
    np.savez(tmp_path / "x.npz", x=np.float32(x - x.mean(0)))
    shared = {"net": "mlp", "activation": "identity", "widths": (), "latent_dim": 2, "likelihood": "normal"}
    often = {"epochs": 250, "save_every": 250.0, "eval_every": 250.0, "batch_size": 50}
    rate = {"lr": 0.02, "schedule": "cosine", "runs_dir": tmp_path}
    config = autoencoder.Config(data=f"npz:{tmp_path / 'x.npz'}", **shared, **often, **rate)
    run = launch.train(autoencoder.__name__, config, autoencoder.build)
    return load.load(run.path)[1], events(data.load(config).train)


@pytest.mark.ci
def test_a_linear_autoencoder_finds_the_pca_subspace(linear):
    params, x = linear
    axes = PCA(2).fit(x).components_.T  # [entry, component]
    decoder = np.asarray(params["model"]["decoder"]["Dense_0"]["kernel"]).T
    assert np.cos(subspace_angles(axes, decoder)).min() >= 0.999


def test_the_published_error_is_met_or_not_by_the_mean_over_seeds():
    rows = [{"code": 30, "squared_error": 2.9}, {"code": 30, "squared_error": 3.2}, {"code": 2, "squared_error": 9.0}]
    found = reduce.against_published(reduce.Config(), rows)
    assert found is not None
    assert (found["mean"], found["seeds"], found["met"]) == (pytest.approx(3.05), 2, False)
    assert reduce.against_published(reduce.Config(data="digits"), rows) is None

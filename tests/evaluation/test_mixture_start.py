"""A prior put on planted clusters: it is scikit-learn's mixture of the codes, and names the clusters."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.mixture import GaussianMixture
from small import small_model

from aelab import latents, priors
from aelab.audit.reproduce import reproduce
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec, Splits
from aelab.errors import ConfigError
from aelab.evaluation import clusters, mixture_start
from aelab.evaluation.densities import training_codes
from aelab.runner import launch
from aelab.runs import start
from experiments import vae

RNG = np.random.default_rng(0)
LABEL = RNG.choice(3, 120, p=[0.5, 0.3, 0.2])
X = np.float32(np.eye(3)[LABEL] + 0.1 * RNG.normal(size=(120, 3))).clip(0, 1)
SOURCE = ArraySource(X, LABEL, Spec((3,), "float32", "unit", classes=("a", "b", "c")))


@pytest.fixture(scope="module")
def made():
    """A model whose codes are the events and a number that is 0, its parameters, and those it starts from."""
    model = small_model((3,), latents.Gaussian(4), priors.LearnedMixture((4,), 3))
    params = jax.tree.map(np.asarray, jax.jit(model.init)(jax.random.key(0), X))
    params["model"]["encoder"] = {"Dense_0": {"kernel": 9 * np.eye(3, 8, dtype="f4"), "bias": np.zeros(8, "f4")}}
    heads = np.concatenate([np.eye(8, 4) / 9, np.zeros((8, 4))], 1).astype("f4")
    params["model"]["posterior"] = {
        "mean_and_log_variance": {"kernel": heads, "bias": np.float32([0, 0, 0, 0, -6, -6, -6, -6])}
    }
    return model, params, mixture_start.on_codes(model, params, SOURCE)


def test_only_the_prior_is_another(made):
    _, params, started = made
    assert jax.tree.map(np.shape, started) == jax.tree.map(np.shape, params)
    for part in ("encoder", "posterior", "decoder"):
        jax.tree.map(np.testing.assert_array_equal, started["model"][part], params["model"][part])


def test_its_density_is_that_of_the_mixture_fitted_to_the_codes(made):
    model, params, started = made
    codes = training_codes(model, params, SOURCE, 0)
    oracle = GaussianMixture(3, covariance_type="diag", n_init=5, random_state=1).fit(codes)
    found = model.prior(started).log_prob(jnp.float32(codes))
    np.testing.assert_allclose(found.mean(), oracle.score(codes), atol=0.01)
    np.testing.assert_allclose(np.sort(jax.nn.softmax(started["model"]["prior"]["logits"])),
                               np.sort(np.bincount(LABEL)) / 120, atol=1e-3)  # fmt: skip


def test_its_components_are_the_planted_clusters(made):
    model, params, started = made
    assert clusters.mixture_accuracy(model, started, None, SOURCE) == 1
    assert clusters.mixture_accuracy(model, params, None, SOURCE) < 0.9


def test_more_components_than_codes_are_refused(made):
    model = small_model((3,), latents.Gaussian(4), priors.LearnedMixture((4,), 130))
    params = {"model": {**made[1]["model"], "prior": {"means": np.zeros((130, 4), "f4"),
              "log_variances": np.zeros((130, 4), "f4"), "logits": np.zeros(130, "f4")}}}  # fmt: skip
    with pytest.raises(ConfigError, match="--prior-components: 130 cannot be fitted to 120 codes; use fewer"):
        mixture_start.on_codes(model, params, SOURCE)


def test_a_run_starts_from_it(made, monkeypatch):
    """The parameters of another run, as that left them."""
    config = vae.Config(latent_dim=4, widths=(8,), prior="mixture", prior_components=3, init_from="one")
    config = dataclasses.replace(config, prior_from_codes=True)
    experiment = vae.build(config, SOURCE.spec)
    splits = Splits("planted", SOURCE.spec, SOURCE, None, SOURCE)
    monkeypatch.setattr(start, "load", lambda path: (None, {"one": made[1]}[path], None))
    found = start.start_from(experiment, splits, "one").params
    jax.tree.map(np.testing.assert_array_equal, found["model"]["prior"], made[2]["model"]["prior"])


@pytest.mark.long
def test_it_can_be_reproduced(tmp_path):
    """Two runs by their scripts, the second from the first; trained again from its config it has the same bits."""
    config = vae.Config(
        data="digits", widths=(12,), latent_dim=3, epochs=1, batch_size=300, runs_dir=tmp_path / "second",
        prior="mixture", prior_components=4, importance_samples=0,
    )  # fmt: skip
    first = launch.train("experiments.vae", dataclasses.replace(config, beta=0.01, runs_dir=tmp_path), vae.build)
    second = dataclasses.replace(config, init_from=str(first.path), prior_from_codes=True)
    assert reproduce(launch.train("experiments.vae", second, vae.build).path).same_bits


@pytest.mark.parametrize("more", [{"init_from": "runs/one"}, {"prior": "mixture"}])
def test_it_needs_a_mixture_and_a_run_to_start_from(more):
    with pytest.raises(ConfigError, match="--prior-from-codes: is for --prior mixture and --init-from RUN"):
        vae.build(vae.Config(prior_from_codes=True, **more), SOURCE.spec)

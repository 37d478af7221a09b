"""Averages of parameters by NumPy, and a run that scores, keeps and loads them."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from everywhere import WAYS, assert_same, trainer_of
from small import small_model

import aelab
from aelab import latents, objectives
from aelab.audit.verify import verify
from aelab.batch import Hyper
from aelab.config import Config
from aelab.errors import ConfigError
from aelab.experiment import Experiment
from aelab.experiment import optimizer as of_config
from aelab.experiment.averages import keeper, scored
from aelab.experiment.optimizers import optimizer
from aelab.runner import launch
from aelab.training.state import evaluated
from experiments import autoencoder

PLAIN = {"schedule": "constant", "warmup": False, "weight_decay": False, "clip": False}
SCALE = np.array([3.0, 0.5], "f4")
STEPS = 15


def trained(name, lr, **options):
    """The parameters of each step of the descent into 2 Σ s θ², `[step, number]`, and those that are scored there."""
    descent = optimizer(name, **PLAIN, **options)(Hyper(lr=lr, own={"ema": 0.6}))

    @jax.jit
    def descend():
        def step(carry, _):
            params, state = carry
            changes, state = descent.update(4 * SCALE * params, state, params)
            params = optax.apply_updates(params, changes)
            return (params, state), (params, scored(keeper(state), params))

        params = jnp.array([1.0, -2.0])
        return jax.lax.scan(step, (params, descent.init(params)), length=STEPS)[1]

    return [np.float64(found) for found in descend()]


def test_the_average_is_of_all_parameters_with_weights_that_fall():
    path, means = trained("sgd", 0.01, average=True)
    average, before = np.array([1.0, -2.0]), np.array([1.0, -2.0])
    for step, (params, mean) in enumerate(zip(path, means, strict=True)):
        np.testing.assert_allclose(params, before - 0.01 * 4 * SCALE * before, rtol=1e-5)
        share = min(0.6, (2 + step) / (11 + step))
        if step == 0:
            average = before
        average = share * average + (1 - share) * params
        np.testing.assert_allclose(mean, average, rtol=1e-5)
        before = params
    assert share == 0.6


def test_schedule_free_is_that_of_the_paper():
    """Steps of z by Adam without momentum from y = 0.9 x + 0.1 z, and x the mean of z."""
    path, means = trained("schedule_free", 0.05)
    x = y = z = np.array([1.0, -2.0])
    squares = np.zeros(2)
    for step, (params, mean) in enumerate(zip(path, means, strict=True), start=1):
        slope = 4 * SCALE * y
        squares = 0.999 * squares + 0.001 * slope**2
        z = z - 0.05 * slope / (np.sqrt(squares / (1 - 0.999**step)) + 1e-8)
        x = (1 - 1 / step) * x + z / step
        y = 0.9 * x + 0.1 * z
        np.testing.assert_allclose(params, y, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(mean, x, rtol=1e-3, atol=1e-5)


def test_the_first_step_of_muon_is_orthogonal_and_as_long_as_one_of_adam():
    """All its singular values are about 0.2 √(longest side), in the directions of the gradient.

    A vector moves by Adam with Nesterov's momentum: 1 + β (1 − β) / (1 − β²) times the learning rate at first.
    """
    rng = np.random.default_rng(0)
    slopes = {"kernel": rng.normal(size=(6, 4)).astype("f4"), "bias": rng.normal(size=4).astype("f4")}
    descent = optimizer("muon", **PLAIN)(Hyper(lr=0.1))
    zeros = jax.tree.map(np.zeros_like, slopes)
    changes = jax.jit(lambda slopes: descent.update(slopes, descent.init(zeros), zeros)[0])(slopes)
    u, _, v = np.linalg.svd(slopes["kernel"], full_matrices=False)
    turned = u.T @ -np.float64(changes["kernel"]) @ v.T / (0.1 * 0.2 * 6**0.5)
    assert (abs(np.diag(turned) - 1) < 0.35).all()
    np.testing.assert_allclose(turned - np.diag(np.diag(turned)), 0, atol=1e-3)
    np.testing.assert_allclose(changes["bias"], -0.1 * (1 + 0.09 / 0.19) * np.sign(slopes["bias"]), rtol=1e-3)


def test_schedule_free_takes_no_schedule():
    with pytest.raises(ConfigError, match="--schedule cosine: schedule_free needs none"):
        optimizer("schedule_free", **{**PLAIN, "schedule": "cosine"})


CONFIG = Config(data="digits", latent_dim=3, batch_size=36, optimizer="sgd", lr=0.01, epochs=1, ema=0.9)


def build(config, spec):
    return Experiment(small_model(spec.shape, latents.Point(3), None), objectives.reconstruction, of_config(config))


def test_validation_scores_the_average():
    """After three steps, against the loss at the average that `evaluated` gives and at the parameters themselves."""
    trainer = trainer_of(dataclasses.replace(CONFIG, lr=0.1), build)
    state, _ = trainer.advance(trainer.fresh(), trainer.read(0, 3))
    state = jax.device_get(state)
    mean = evaluated(trainer.experiment, state)
    assert trainer.validate is not None
    found = trainer.validate(state)["loss"]
    expected = trainer.validate(state._replace(params=mean, opt_state={}))["loss"]
    assert found == expected != trainer.validate(state._replace(opt_state={}))["loss"]


@pytest.mark.long
@pytest.mark.parametrize("name", ["sgd", "schedule_free", "muon"])
@pytest.mark.parametrize("way", [way.values[0] for way in WAYS])
def test_averages_are_the_same_everywhere(name, way):
    lr = {"sgd": 0.01}.get(name, 1e-3)
    assert_same(dataclasses.replace(CONFIG, optimizer=name, lr=lr), build, way, close=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("settings", [{"ema": 0.9}, {"optimizer": "schedule_free"}])
def test_a_run_scores_keeps_and_loads_its_averages(settings, tmp_path):
    config = autoencoder.Config(data="digits", widths=(8,), latent_dim=2, batch_size=300, epochs=2, runs_dir=tmp_path)
    run = launch.train("experiments.autoencoder", dataclasses.replace(config, **settings), autoencoder.build)
    found = aelab.restore(run.path)
    mean, best = evaluated(found.experiment, found.state), aelab.load(run.path, "best")[1]
    jax.tree.map(np.testing.assert_array_equal, aelab.load(run.path)[1], mean)
    assert any((a != b).any() for a, b in zip(*map(jax.tree.leaves, (mean, found.state.params)), strict=True))
    assert jax.tree.structure(best) == jax.tree.structure(mean)
    assert not verify(run.path).damage
    summary = json.loads((run.path / "summary.json").read_text())
    assert np.isfinite(summary["scores"]["test/squared_error"])

"""The conditional VAE: what each net is shown, and what counts; the published nets have the published layers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from aelab import data
from aelab.batch import Batch, Hyper
from aelab.config import tiny
from aelab.distributions import kl
from aelab.errors import ConfigError
from aelab.evaluation.batches import per_example
from aelab.evaluation.scores import score
from aelab.runner import launch
from aelab.runs.load import load
from aelab.seeds import Purpose, key_for
from aelab.training.initial import fresh_params, fresh_state
from experiments import autoencoder, cvae, quadrants

HYPER = Hyper(noise=0.75)
KEY = jax.random.key(3)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    """A tiny autoencoder trained for two steps on digits with holes: its run folder."""
    hole = {"corruption": "fixed_quadrants", "noise": 0.75, "fill": -1.0, "rebuild": "hidden", "smoke": True}
    config = tiny(autoencoder.Config(**hole, runs_dir=tmp_path_factory.mktemp("runs")))
    return str(launch.train(autoencoder.__name__, config, autoencoder.build).path)


@pytest.fixture(scope="module")
def built(baseline):
    """The experiment, its fresh parameters, and some of the set's events."""
    splits = data.load("digits")
    experiment = cvae.build(tiny(cvae.Config(baseline=baseline, fill=-1.0)), splits.spec)
    params = jax.jit(lambda key: fresh_params(experiment, splits.spec, key, HYPER))(jax.random.key(0))
    return experiment, params, splits


@pytest.mark.ci
def test_the_recognition_net_sees_all_and_the_prior_net_a_guess_in_the_hole(built, baseline):
    experiment, _, _ = built
    x = jax.random.uniform(jax.random.key(1), (5, 8, 8, 1))
    batch = jax.jit(experiment.corruption)(KEY, Batch(x, x), HYPER)
    hidden = np.asarray(batch.hidden)
    assert hidden.mean() == 0.75
    assert not hidden[:, 4:, :4].any()  # the lower left one is observed
    np.testing.assert_array_equal(batch.inputs, x)
    np.testing.assert_array_equal(batch.counted, hidden)
    model, params, _ = load(baseline, "best")
    guess = model.reconstruct(params, jnp.where(hidden, -1, x))
    np.testing.assert_allclose(batch.condition, np.where(hidden, guess, x), rtol=1e-5)


@pytest.mark.ci
def test_its_score_is_the_conditional_bound_of_hidden_entries(built):
    experiment, params, splits = built
    model, shown = experiment.model, experiment.shown(KEY, HYPER)
    found = score(model, params, KEY, splits.test, shown=shown, samples=50)

    def by_hand(batch):
        batch = shown(batch)
        q = model.encode(params, batch.inputs)
        p = expit(np.float64(model.decode(params, q.sample(KEY, batch.index)).logits))
        x = np.float64(batch.targets)
        nats = (x * np.log(p) + (1 - x) * np.log1p(-p))[:, :, :, 0]
        nats[:, 4:, :4] = 0  # observed
        return nats.sum((1, 2)) - kl(q, model.prior(params, condition=batch.condition))

    np.testing.assert_allclose(found["elbo"], per_example(by_hand, splits.test).mean(), rtol=1e-5)
    assert found["l_50"] > found["elbo"]
    assert "active_units" in found


@pytest.mark.ci
def test_the_guess_is_frozen(built):
    experiment, params, splits = built
    assert set(params["model"]) == {"encoder", "posterior", "prior", "decoder"}
    state = fresh_state(experiment, splits.spec, 0, HYPER)
    wanted = experiment.model.init(key_for(0, Purpose.INIT), jnp.zeros((1, 8, 8, 1)), condition=jnp.zeros((1, 8, 8, 1)))
    assert jax.tree.map(jnp.shape, state.params) == jax.tree.map(jnp.shape, wanted)


def test_a_baseline_of_another_shape_is_refused(baseline):
    with pytest.raises(ConfigError, match="another shape"):
        cvae.build(cvae.Config(baseline=baseline), data.load("fashion_small").spec)


def test_the_deterministic_net_is_784_500_500_784():
    made = quadrants.deterministic(quadrants.Config(), 0, 0.75).config
    assert (made.optimizer, made.schedule, made.lr, made.epochs, made.patience) == ("adam", "constant", 1e-3, 100, 3)
    spec = data.load("fashion_small").spec  # 28 by 28, as MNIST
    model = autoencoder.build(made, spec).model
    x = jax.random.uniform(KEY, (2, 28, 28, 1))
    params = jax.jit(model.init)(jax.random.key(0), x)["model"]
    layers = params["encoder"]["Dense_0"], params["posterior"]["code"], params["decoder"]["Dense_0"]
    assert len(jax.tree.leaves(params)) == 6
    assert [layer["kernel"].shape for layer in layers] == [(784, 500), (500, 500), (500, 784)]
    h = np.asarray(x).reshape(2, -1)
    for layer in layers[:2]:
        h = np.maximum(h @ layer["kernel"] + layer["bias"], 0)
    logits = model.decode({"model": params}, model.encode({"model": params}, x).mode).logits
    np.testing.assert_allclose(logits.reshape(2, -1), h @ layers[2]["kernel"], atol=1e-3)


def test_the_verdict_is_by_the_mean_over_seeds():
    rows = [{"observed": 3, "method": "deterministic", "nats": nats} for nats in (25.3, 25.9)]
    (found,) = quadrants.verdicts(quadrants.Config(), rows)
    assert (found["nats"], found["seeds"], found["published"], found["met"]) == (pytest.approx(25.6), 2, 25.4, True)
    (found,) = quadrants.verdicts(quadrants.Config(), [{"observed": 3, "method": "conditional VAE", "nats": 24.3}])
    assert not found["met"]

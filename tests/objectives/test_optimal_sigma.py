"""The analytic σ: against the root mean squared error of the batch, and as what makes the distortion smallest."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same

from aelab.batch import Hyper
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.training.initial import fresh_state
from aelab.training.step import make_step
from experiments import vae

CONFIG = vae.Config(
    data="digits", widths=(6,), latent_dim=2, batch_size=36, epochs=1, optimizer="sgd", lr=1e-3,
    likelihood="normal", sigma="learned", optimal_sigma=True,
)  # fmt: skip
SPEC = Spec((4, 3, 1), "float32", "unit")


@pytest.fixture(scope="module")
def stepped():
    """The experiment, a batch whose last row only fills it, and the states before and behind each of two steps."""
    from aelab.batch import Batch

    experiment = vae.build(CONFIG, SPEC)
    x = np.random.default_rng(0).uniform(size=(5, *SPEC.shape)).astype("f4")
    batch = Batch(x, x, index=np.arange(5), weight=np.float32([1, 1, 1, 1, 0]))
    step = jax.jit(make_step(experiment))
    states = [fresh_state(experiment, SPEC, 0, Hyper())]
    for _ in range(2):
        states.append(step(states[-1], batch, jax.random.key(1), Hyper(lr=0.01))[0])
    return experiment, batch, states


def squared_error(experiment, batch, state):
    """Per entry, of the draws of this step."""
    model, params = experiment.model, state.params
    key = jax.random.fold_in(jax.random.key(1), state.step)
    z = model.encode(params, batch.inputs).sample(key, batch.index)
    return float(jnp.square(batch.targets - model.decode(params, z).mean)[:4].mean())


def test_sigma_is_the_root_mean_squared_error(stepped):
    experiment, batch, states = stepped
    variances = [float(jnp.exp(2 * state.params["model"]["likelihood"]["log_sigma"])) for state in states]
    first, second = (squared_error(experiment, batch, state) for state in states[:2])
    np.testing.assert_allclose(variances, [1, first, 0.9 * first + 0.1 * second], rtol=1e-4)


def test_it_makes_the_distortion_smallest(stepped):
    """At the draws of a step, a larger and a smaller σ cost more."""
    experiment, batch, states = stepped
    model, params = experiment.model, states[0].params
    z = model.encode(params, batch.inputs).sample(jax.random.fold_in(jax.random.key(1), 0), batch.index)
    mean, best = model.decode(params, z).mean[:4], float(states[1].params["model"]["likelihood"]["log_sigma"])

    def cost(log_sigma):
        return (np.square(batch.targets[:4] - mean) / 2 / np.exp(2 * log_sigma) + log_sigma).mean()

    assert cost(best) < min(cost(best - 0.02), cost(best + 0.02))


def test_another_likelihood_is_refused():
    for change in ({"likelihood": "laplace"}, {"sigma": 1.0}):
        with pytest.raises(ConfigError, match=r"^--optimal-sigma: .*--likelihood normal --sigma learned"):
            vae.build(dataclasses.replace(CONFIG, **change), SPEC)


@pytest.mark.long
@pytest.mark.parametrize("way", [way.values[0] for way in WAYS])
def test_it_trains_alike_everywhere(way):
    assert_same(CONFIG, vae.build, way, close=1e-5)

"""The shares of entries inside intervals, of residuals whose distribution is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from aelab import latents, likelihoods, nets, priors
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation import calibration
from aelab.evaluation.estimate import Undefined
from aelab.model import Autoencoder

KEY, EVENT = jax.random.key(0), (50, 2)
LEVELS = np.array(calibration.LEVELS)


def predicting(sigma, likelihood=None):
    """A model that says N(0, σ²) of every entry."""
    model = Autoencoder(
        encoder=nets.mlp.Encoder(()),
        posterior=latents.Gaussian(1),
        prior=priors.standard_normal(1),
        decoder=nets.mlp.Decoder(EVENT, ()),
        likelihood=likelihood or likelihoods.Normal("learned"),
    )
    params = jax.tree.map(jnp.zeros_like, jax.jit(model.init)(KEY, jnp.zeros((1, *EVENT))))
    params["model"]["likelihood"] = {"log_sigma": jnp.log(sigma)}
    return model, params


def series(n=300):
    x = np.random.default_rng(0).normal(size=(n, *EVENT)).astype("f4")
    return ArraySource(x, None, Spec(EVENT, "float32", "real"))


@pytest.mark.parametrize("sigma", [1.0, 2.0, 0.5])
def test_shares_are_those_of_the_normal_distribution(sigma):
    found = calibration.shares_inside(*predicting(sigma), KEY, series())
    expected = 2 * norm.cdf(sigma * norm.ppf((1 + LEVELS) / 2)) - 1
    np.testing.assert_allclose(found.mean(0), expected, atol=0.01)
    error = calibration.calibration_error(found)
    assert error.value == pytest.approx(np.abs(expected - LEVELS).mean(), abs=0.01)
    assert error.error < 0.01


def test_the_error_is_the_mean_distance_of_the_shares_from_their_levels():
    shares = np.tile(LEVELS + np.array([0.1, -0.1, 0.05, 0.05]), (20, 1))
    assert calibration.calibration_error(shares) == pytest.approx((0.075, 0, 20), abs=1e-9)


def test_steps_that_do_not_exist_are_not_counted():
    model, params = predicting(1.0)
    whole = series()
    length = np.full(len(whole), 20)
    x = np.where(np.arange(50)[:, None] < 20, whole.x, 0)
    found = calibration.shares_inside(model, params, KEY, ArraySource(x, None, whole.spec, length), lambda b: b)
    z = norm.ppf((1 + LEVELS) / 2)
    np.testing.assert_allclose(found, (np.abs(x[:, :20, :, None]) <= z).mean((1, 2)), atol=1e-6)


def test_coins_have_no_variance():
    model, params = predicting(1.0, likelihoods.Bernoulli())
    assert isinstance(calibration.shares_inside(model, params, KEY, series()), Undefined)

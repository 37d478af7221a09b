"""The parts of the rate, of codes that are known: x ~ N(0, A), q(z|x) = N(x, s I), so q(z) is N(0, A + s I)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import latents, likelihoods, nets, priors
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.distributions import kl
from aelab.evaluation import aggregate
from aelab.evaluation.estimate import Undefined
from aelab.evaluation.total_correlation import total_correlation
from aelab.model import Autoencoder

KEY, S = jax.random.key(0), 0.2
COVARIANCE = np.array([[1.0, 0.7], [0.7, 1.5]])


def model_of(posterior, prior):
    parts = {"encoder": nets.mlp.Encoder(()), "decoder": nets.mlp.Decoder((2,), ())}
    return Autoencoder(**parts, posterior=posterior, prior=prior, likelihood=likelihoods.Normal())


@pytest.fixture(scope="module")
def known():
    """A model whose code is the event with a variance of S, and 2000 events."""
    model = model_of(latents.Gaussian(2), priors.standard_normal(2))
    params = jax.jit(model.init)(KEY, jnp.zeros((1, 2)))
    heads = params["model"]["posterior"]["mean_and_log_variance"]
    heads["kernel"], heads["bias"] = jnp.eye(2, 4), jnp.array([0, 0, np.log(S), np.log(S)])
    x = np.random.default_rng(0).multivariate_normal(np.zeros(2), COVARIANCE, 2000).astype("f4")
    return model, params, ArraySource(x, None, Spec((2,), "float32", "real"))


def test_its_parts_are_those_of_normal_distributions(known):
    found = aggregate.rate(*known[:2], KEY, known[2], 1000)
    whole = COVARIANCE + S * np.eye(2)
    information = 0.5 * np.log(np.linalg.det(whole / S))
    beyond = 0.5 * (np.trace(whole) - 2 - np.log(np.linalg.det(whole)))
    for part, expected in ((found.information, information), (found.aggregate, beyond)):
        assert part.mean() == pytest.approx(expected, abs=3 * part.std() / np.sqrt(1000) + 0.02)


def test_the_parts_add_up_and_agree_with_the_closed_forms(known):
    model, params, source = known
    found = aggregate.rate(model, params, KEY, source, 2000)
    np.testing.assert_allclose(found.rate, found.information + found.aggregate, atol=1e-4)
    np.testing.assert_allclose(found.total_correlation, total_correlation(model, params, KEY, source, 2000))
    units = aggregate.unit_rates(model, params, source)
    np.testing.assert_allclose(units, 0.5 * (S + source.x**2 - 1 - np.log(S)), rtol=1e-4, atol=1e-5)
    closed = kl(model.encode(params, source.x), model.prior(params))
    np.testing.assert_allclose(units.sum(1), closed, rtol=1e-5)
    assert found.rate.mean() == pytest.approx(np.mean(closed), abs=4 * found.rate.std() / np.sqrt(2000))


def test_information_is_at_most_the_logarithm_of_the_number_of_events_and_0_where_all_codes_are_one(known):
    model, params, source = known
    far = ArraySource(1000 * np.arange(40, dtype="f4").reshape(20, 2), None, source.spec)
    np.testing.assert_allclose(aggregate.rate(model, params, KEY, far, 20).information, np.log(20), rtol=1e-4)
    one = ArraySource(np.ones((20, 2), "f4"), None, source.spec)
    np.testing.assert_allclose(aggregate.rate(model, params, KEY, one, 20).information, 0, atol=1e-5)


def test_points_have_no_rate(known):
    model = model_of(latents.Point(2), None)
    params = jax.jit(model.init)(KEY, jnp.zeros((1, 2)))
    assert isinstance(aggregate.rate(model, params, KEY, known[2], 5), Undefined)
    assert isinstance(aggregate.unit_rates(model, params, known[2]), Undefined)

"""Choices among K, numbered from 0, against scipy and numpyro."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import pytest
import scipy.special
from distribution_cases import BATCH, CHOICE, EVENT, logits

from aelab.distributions import Categorical, GreyLevels, kl


def test_the_density_is_scipys_and_numpyros():
    d = Categorical(logits(0, (BATCH, EVENT, CHOICE)))
    x = jax.random.randint(jax.random.key(1), (BATCH, EVENT), 0, CHOICE)
    log_p = scipy.special.log_softmax(np.float64(d.logits), -1)
    exact = np.take_along_axis(log_p, np.asarray(x)[..., None], -1)[..., 0]
    for choices in (x, x.astype(jnp.float32)):
        np.testing.assert_allclose(d.log_density(choices), exact, rtol=1e-5)
        np.testing.assert_allclose(d.log_prob(choices), exact.sum(1), rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(x), npd.CategoricalLogits(d.logits).to_event(1).log_prob(x), rtol=1e-5)
    np.testing.assert_allclose(d.probabilities, np.exp(log_p), rtol=1e-5)
    np.testing.assert_allclose(d.mean, np.exp(log_p) @ np.arange(CHOICE), rtol=1e-5)
    np.testing.assert_array_equal(d.mode, log_p.argmax(-1))


@pytest.mark.parametrize("kind", [Categorical, GreyLevels])
@pytest.mark.parametrize("x", [-1.0, 3.0, np.nan, np.inf, 1e30])
def test_what_is_no_choice_is_impossible_and_has_no_gradient(kind, x):
    value, slope = jax.value_and_grad(lambda a: kind(a).log_prob(jnp.full((1, 1), x)).sum())(jnp.zeros((1, 1, 3)))
    assert np.isneginf(value)
    np.testing.assert_array_equal(slope, 0)


def test_draws_come_as_often_as_their_probabilities_say():
    n, d = 20_000, Categorical(jnp.log(jnp.array([0.5, 0.3, 0.2])))
    z = Categorical(jnp.broadcast_to(d.logits, (n, 1, 3))).sample(jax.random.key(0))
    assert jnp.issubdtype(z.dtype, jnp.integer)
    np.testing.assert_allclose(np.bincount(z[:, 0], minlength=3) / n, [0.5, 0.3, 0.2], atol=0.02)


def test_the_divergence_does_not_ask_what_the_choices_stand_for():
    a, b = logits(0, (BATCH, EVENT, CHOICE)), logits(1, (BATCH, EVENT, CHOICE))
    np.testing.assert_array_equal(kl(Categorical(a), Categorical(b)), kl(GreyLevels(a), GreyLevels(b)))

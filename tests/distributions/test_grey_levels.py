"""Choices among levels against scipy and numpyro."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import scipy.special
import scipy.stats
from distribution_cases import BATCH, CHOICE, EVENT, logits

from aelab.distributions import GreyLevels


def test_categorical_log_prob_is_scipys_and_numpyros():
    d = GreyLevels(logits(0, (BATCH, EVENT, CHOICE)))
    choice = jax.random.randint(jax.random.key(1), (BATCH, EVENT), 0, CHOICE)
    one_hot, p = np.eye(CHOICE)[choice], scipy.special.softmax(np.float64(d.logits), -1)
    oracle = [scipy.stats.multinomial.logpmf(one_hot[i], n=1, p=p[i]).sum() for i in range(BATCH)]
    np.testing.assert_allclose(d.log_prob(d.levels[choice]), oracle, rtol=1e-5)
    oracle = npd.CategoricalLogits(d.logits).to_event(1).log_prob(choice)
    np.testing.assert_allclose(d.log_prob(d.levels[choice]), oracle, rtol=1e-5)


def test_all_256_grey_levels_are_found_again():
    d = GreyLevels(jnp.outer(jnp.arange(256.0), jnp.arange(256.0))[None])
    greys = jnp.arange(256.0)[None] / 255
    nearest = scipy.special.log_softmax(np.float64(d.logits[0]), -1).diagonal().sum()
    np.testing.assert_allclose(d.log_prob(greys), [nearest], rtol=1e-5)

"""The learned mixture against scipy, and its gradient in everything that it learns."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
import scipy.stats

from aelab.priors import LearnedMixture


def test_its_log_density_is_scipys():
    rng = np.random.default_rng(0)
    means, log_variances = rng.normal(size=(2, 4, 3)).astype("f4")
    logits, z = rng.normal(size=4).astype("f4"), rng.normal(size=(6, 3)).astype("f4")
    params = {"params": {"means": means, "log_variances": log_variances, "logits": logits}}
    found = LearnedMixture((3,), 4).apply(params).log_prob(z)
    parts = scipy.stats.norm(np.float64(means), np.exp(0.5 * np.float64(log_variances))).logpdf(z[:, None]).sum(-1)
    np.testing.assert_allclose(found, scipy.special.logsumexp(scipy.special.log_softmax(logits) + parts, 1), rtol=1e-5)


def test_it_starts_with_equal_weights_unit_variances_and_means_that_differ():
    prior = LearnedMixture((2, 2, 3), 5)
    p = prior.apply(prior.init(jax.random.key(0)))
    assert p.components.mean.shape == (5, 2, 2, 3)
    np.testing.assert_array_equal(p.logits, 0)
    np.testing.assert_array_equal(p.components.log_variance, 0)
    assert len(np.unique(p.components.mean)) == p.components.mean.size
    np.testing.assert_allclose(jnp.std(p.components.mean), 1, atol=0.35)

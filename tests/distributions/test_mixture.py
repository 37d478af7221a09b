"""Mixtures against numpyro, scipy and counting."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import pytest
import scipy.stats
from distribution_cases import BATCH, EVENT, logits

from aelab.distributions import Bernoulli, EntryMixture, Mixture, Normal

K = 3


def normals(shape, seed=0):
    mean, log_variance = jax.random.normal(jax.random.key(seed), (2, *shape))
    return Normal(3 * mean, log_variance)


def test_a_mixture_of_events_is_numpyros():
    d = Mixture(logits(1, (BATCH, K)), normals((BATCH, K, EVENT)))
    x = 2 * jax.random.normal(jax.random.key(2), (BATCH, EVENT))
    parts = npd.Normal(d.components.mean, d.components.stddev).to_event(1)
    theirs = npd.MixtureSameFamily(npd.CategoricalLogits(d.logits), parts)
    np.testing.assert_allclose(d.log_prob(x), theirs.log_prob(x), rtol=1e-5)
    np.testing.assert_allclose(d.mean, theirs.mean, rtol=1e-5, atol=1e-5)


def test_without_a_batch_all_examples_share_the_mixture():
    d = Mixture(logits(1, (K,)), normals((K, EVENT)))
    x = 2 * jax.random.normal(jax.random.key(2), (BATCH, EVENT))
    each = scipy.stats.norm(d.components.mean, d.components.stddev).logpdf(np.float64(x)[:, None]).sum(-1)
    weights = np.exp(np.float64(d.logits)) / np.exp(np.float64(d.logits)).sum()
    np.testing.assert_allclose(d.log_prob(x), np.log(np.exp(each) @ weights), rtol=1e-5)
    assert d.mean.shape == d.mode.shape == (EVENT,)
    np.testing.assert_array_equal(d.mode, d.components.mean[d.logits.argmax()])


def test_a_mixture_of_entries_is_numpyros():
    d = EntryMixture(logits(1, (BATCH, K, EVENT)), normals((BATCH, K, EVENT)))
    x = 2 * jax.random.normal(jax.random.key(2), (BATCH, EVENT))
    last = Normal(*(jnp.moveaxis(leaf, 1, -1) for leaf in d.components))
    theirs = npd.MixtureSameFamily(
        npd.CategoricalLogits(jnp.moveaxis(d.logits, 1, -1)), npd.Normal(last.mean, last.stddev)
    )
    np.testing.assert_allclose(d.log_density(x), theirs.log_prob(x), rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(x), theirs.log_prob(x).sum(1), rtol=1e-5)
    np.testing.assert_allclose(d.mean, theirs.mean, rtol=1e-5, atol=1e-5)
    mask = jnp.arange(EVENT) < jnp.arange(BATCH)[:, None]
    padded = jnp.where(mask, x, jnp.nan)
    np.testing.assert_allclose(d.log_prob(padded, mask), (theirs.log_prob(x) * mask).sum(1), rtol=1e-5)


def test_weights_far_from_each_other_leave_finite_gradients():
    for d in (
        Mixture(jnp.array([[0.0, -1e4, -jnp.inf]]), normals((1, K, EVENT))),
        EntryMixture(
            jnp.broadcast_to(jnp.array([0.0, -1e4, -jnp.inf])[:, None], (1, K, EVENT)), normals((1, K, EVENT))
        ),
    ):
        x = 100 + jnp.zeros((1, EVENT))
        slopes = jax.grad(lambda d, x=x: d.log_prob(x).sum())(d)
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(slopes))


@pytest.mark.parametrize("kind", ["batch", "shared", "entries"])
def test_draws_have_the_moments_of_the_mixture(kind):
    n = 20_000
    weights = jnp.log(jnp.array([0.2, 0.5, 0.3]))
    parts = Normal(jnp.array([[-3.0, 1.0], [0.0, 2.0], [4.0, -1.0]]), jnp.full((3, 2), -1.0))
    rows = Normal(*(jnp.broadcast_to(leaf, (n, 3, 2)) for leaf in parts))
    d = {
        "batch": Mixture(jnp.broadcast_to(weights, (n, 3)), rows),
        "shared": Mixture(weights, parts),
        "entries": EntryMixture(jnp.broadcast_to(weights[:, None], (n, 3, 2)), rows),
    }[kind]
    z = np.float64(d.sample(jax.random.key(0), jnp.arange(n)))
    p, mean = np.float64([0.2, 0.5, 0.3]), np.float64(parts.mean)
    np.testing.assert_allclose(z.mean(0), p @ mean, atol=0.1)
    centred = mean - p @ mean
    covariance = (p[:, None] * centred).T @ centred
    if kind == "entries":
        covariance *= np.eye(2)  # the entries choose by themselves
    np.testing.assert_allclose(np.cov(z.T), covariance + np.exp(-1) * np.eye(2), atol=0.2)


@pytest.mark.parametrize("kind", [Mixture, EntryMixture])
def test_a_rows_draw_depends_on_the_key_and_its_index_alone(kind):
    shape = (BATCH, K) if kind is Mixture else (BATCH, K, EVENT)
    d = kind(logits(1, shape), Bernoulli(logits(2, (BATCH, K, EVENT))))
    key, index = jax.random.key(0), jnp.arange(BATCH) + 10
    whole = d.sample(key, index)
    part = jax.tree.map(lambda leaf: leaf[1:3], d).sample(key, index[1:3])
    np.testing.assert_array_equal(whole[1:3], part)

"""Clusters matched to classes against all permutations, and components against the densities of scipy."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats
from small import small_model

from aelab import latents, priors
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.distributions import Mixture, Normal
from aelab.evaluation import clusters

RNG = np.random.default_rng(0)


def test_the_accuracy_is_that_of_the_best_of_all_permutations():
    found, classes = RNG.integers(0, 4, (2, 60))
    every = [np.mean(np.array(order)[found] == classes) for order in itertools.permutations(range(4))]
    np.testing.assert_allclose(clusters.accuracy(found, classes), max(every))
    assert clusters.accuracy((classes + 1) % 4, classes) == 1
    np.testing.assert_allclose(clusters.accuracy(np.arange(60), classes), 4 / 60)  # each class has one cluster


def test_a_code_belongs_to_the_component_that_most_likely_made_it():
    means, log_variances = RNG.normal(size=(2, 3, 2))
    logits, z = RNG.normal(size=3), RNG.normal(size=(40, 2))
    p = Mixture(jnp.float32(logits), Normal(jnp.float32(means), jnp.float32(log_variances)))
    density = scipy.stats.norm(means, np.exp(log_variances / 2)).logpdf(z[:, None]).sum(-1) + logits
    np.testing.assert_array_equal(clusters.nearest(p, jnp.float32(z)), density.argmax(1))


def test_the_scores_of_a_run_are_those_of_its_codes():
    """Two classes far apart in the events, and a prior of two components at their codes."""
    label = RNG.integers(0, 2, 50)
    x = np.float32(label[:, None] * np.ones(4) + 0.05 * RNG.normal(size=(50, 4))).clip(0, 1)
    source = ArraySource(x, label, Spec((4,), "float32", "unit", classes=("a", "b")))
    model = small_model((4,), latents.Gaussian(2), priors.LearnedMixture((2,), 2))
    params = model.init(jax.random.key(0), x)
    z = np.asarray(model.encode(params, x).mode)
    params["model"]["prior"]["means"] = jnp.stack([z[label == 1].mean(0), z[label == 0].mean(0)])
    params["model"]["prior"]["log_variances"] = jnp.full((2, 2), -8.0)
    for score in clusters.SCORES:
        assert score.compute(model, params, None, source) == 1, score.name
    params["model"]["prior"]["means"] = jnp.stack([z.mean(0), z.mean(0) + 50])
    found = clusters.mixture_accuracy(model, params, None, source)
    np.testing.assert_allclose(found, max(np.mean(label == 0), np.mean(label == 1)))

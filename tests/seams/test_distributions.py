"""A likelihood of two peaks at every entry and a prior of clusters, through everything that a run does with them.

Neither is known to any room of the library: both are parts of this file, made of its mixtures.
"""

from dataclasses import replace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same, mostly_long

from aelab import latents, likelihoods, nets, objectives
from aelab.config import Config
from aelab.distributions import EntryMixture, Mixture, Normal
from aelab.experiment import Experiment, optimizer
from aelab.model import Autoencoder
from aelab.runner import launch

LATENT, CLUSTERS = 2, 4
CONFIG = Config(data="digits", widths=(8,), latent_dim=LATENT, batch_size=36, epochs=1, optimizer="sgd", lr=1e-4)


class TwoPeaks(nn.Module):
    """Every entry is near one of two means; the outputs are a log weight and both means."""

    outputs = 3

    def __call__(self, outputs):
        logit, means = outputs[..., 0], jnp.moveaxis(outputs[..., 1:], -1, 1)
        return EntryMixture(jnp.stack([logit, -logit], 1), Normal(means, jnp.full_like(means, -3.0)))


class Clusters(nn.Module):
    """A prior of several normals that all examples share."""

    @nn.compact
    def __call__(self):
        means = self.param("means", nn.initializers.normal(1.0), (CLUSTERS, LATENT))
        return Mixture(self.param("logits", nn.initializers.zeros, (CLUSTERS,)), Normal(means, jnp.zeros_like(means)))


def build(config, spec):
    outputs = likelihoods.event_outputs(TwoPeaks(), spec.shape)
    encoder, decoder = nets.menu[config.net](config, spec.shape, outputs)
    model = Autoencoder(
        encoder=encoder, posterior=latents.Gaussian(LATENT), prior=Clusters(), decoder=decoder, likelihood=TwoPeaks()
    )
    return Experiment(model, objectives.elbo, optimizer(config))


@pytest.mark.parametrize("way", mostly_long(WAYS))
def test_mixtures_are_the_same_everywhere(way):
    assert_same(CONFIG, build, way)


@pytest.mark.ci
def test_a_run_with_mixtures_ends_in_scores_and_samples(tmp_path):
    run = launch.train("seams.mixtures", replace(CONFIG, optimizer="adam", lr=3e-3, runs_dir=tmp_path), build)
    scores = run.read("summary.json")["scores"]
    assert scores["test/elbo"] == pytest.approx(-(scores["test/distortion"] + scores["test/rate"]))
    with np.load(run.path / "figures" / "samples.npz") as drawn:
        assert np.isfinite(drawn["events"]).all()


def test_the_rate_is_the_divergence_from_the_mixture_in_mean():
    """log q(z) − log p(z) at draws, against the integral on a grid in float64."""
    prior = Clusters()
    p = prior.apply(prior.init(jax.random.key(0)))
    mean, log_variance = np.array([0.4, -0.3]), np.array([-1.0, -0.5])
    q = Normal(*(jnp.tile(jnp.float32(leaf), (20_000, 1)) for leaf in (mean, log_variance)))
    z, log_q = objectives.drawn(q, jax.random.key(1), None)
    found = objectives.divergence(q, p, z, log_q).mean()
    axis = np.linspace(-8, 8, 801)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    density = -0.5 * ((grid - mean) ** 2 / np.exp(log_variance) + log_variance + np.log(2 * np.pi)).sum(1)
    apart = grid[:, None] - np.float64(p.components.mean)
    log_p = np.log(np.exp(-0.5 * (apart**2 + np.log(2 * np.pi)).sum(2)).mean(1))
    exact = (np.exp(density) * (density - log_p)).sum() * (axis[1] - axis[0]) ** 2
    np.testing.assert_allclose(found, exact, atol=0.03)

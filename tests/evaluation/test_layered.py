"""Scores and pictures of codes with layers, and of joint distributions whose layers nobody knows."""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import two_layers

from aelab import latents, likelihoods, nets, priors
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.distributions import Normal, kl
from aelab.evaluation import batches, densities, finetune, layered, pictures, programs, scores
from aelab.model import Autoencoder
from experiments import autoencoder, cvae

EVENT, KEY = (4, 3, 1), jax.random.key(2)
SPEC = Spec(EVENT, "uint8", "unit", 255.0, levels=256, classes=("a", "b"))


def source(n=40):
    return ArraySource(np.random.default_rng(0).integers(0, 256, (n, *EVENT), np.uint8), np.arange(n) % 2, SPEC)


def with_parameters(model, scale=0.5):
    shapes = jax.eval_shape(model.init, KEY, jnp.zeros((1, *EVENT)))
    rng = np.random.default_rng(1)
    return model, jax.tree.map(lambda leaf: (scale * rng.normal(size=leaf.shape)).astype(leaf.dtype), shapes)


@pytest.fixture(scope="module")
def two():
    config = two_layers.Config(widths=(6,), latent_dim=3, upper_dim=2)
    return with_parameters(two_layers.build(config, SPEC).model)


class Joint(NamedTuple):
    """A distribution over a tuple that only knows how to draw with its density: independent normals."""

    lower: Normal
    upper: Normal

    @property
    def mode(self):
        return self.lower.mode, self.upper.mode

    def sample(self, key, index=None):
        return self.sample_and_log_prob(key, index)[0]

    def sample_and_log_prob(self, key, index=None):
        first, second = jax.random.split(key)
        z = self.lower.sample(first, index), self.upper.sample(second, index)
        return z, self.log_prob(z)

    def log_prob(self, z, mask=None):
        return self.lower.log_prob(z[0]) + self.upper.log_prob(z[1])


class Head(nn.Module):
    @nn.compact
    def __call__(self, features):
        return Joint(latents.Gaussian(3)(features), latents.Gaussian(2)(features))


@pytest.fixture(scope="module")
def joint():
    return with_parameters(
        Autoencoder(
            encoder=nets.mlp.Encoder((6,)),
            posterior=Head(),
            prior=Joint(priors.standard_normal(3), priors.standard_normal(2)),
            decoder=two_layers.Decoder(nets.mlp.Decoder(EVENT, (6,))),
            likelihood=likelihoods.Bernoulli(),
        )
    )


def test_the_rates_of_the_numbers_are_those_of_their_layers(two):
    model, params = two
    found = layered.number_rates(model, params, KEY, source())
    batch, _ = next(batches.batches(source()))
    q, p = model.encode(params, batch.inputs), model.prior(params)
    z = q.sample(KEY, batch.index)
    upper, lower = q.top, q.below[0](z[1])
    of_lower, of_upper = kl(lower, p.below[0](z[1])).mean(), kl(upper, p.top).mean()
    np.testing.assert_allclose([found[:3].sum(), found[3:].sum()], [of_lower, of_upper], rtol=1e-4)
    for number in range(2):  # of the top layer, by the textbook
        mean, variance = np.float64(upper.mean[:, number]), np.exp(np.float64(upper.log_variance[:, number]))
        expected = 0.5 * (variance + mean**2 - 1 - np.log(variance)).mean()
        np.testing.assert_allclose(found[3 + number], expected, rtol=1e-4)


def test_only_normal_layers_have_rates_by_number(two, joint):
    batch, _ = next(batches.batches(source()))
    assert layered.has_normal_layers(*two, batch)
    assert not layered.has_normal_layers(*joint, batch)
    plain = autoencoder.build(autoencoder.Config(widths=(6,)), SPEC).model
    assert not layered.has_normal_layers(*with_parameters(plain), batch)
    conditional = cvae.build(cvae.Config(widths=(6,)), SPEC).model
    assert not layered.has_normal_layers(conditional, {}, batch)


def test_a_learned_prior_of_one_layer_has_traversals_too():
    class Learned(nn.Module):
        @nn.compact
        def __call__(self):
            return Normal(self.param("mean", nn.initializers.ones, (2,)), jnp.full(2, 2 * jnp.log(3.0)))

    model, params = with_parameters(
        Autoencoder(
            encoder=nets.mlp.Encoder((6,)),
            posterior=latents.Gaussian(2),
            prior=Learned(),
            decoder=nets.mlp.Decoder(EVENT, (6,)),
            likelihood=likelihoods.Bernoulli(),
        )
    )
    drawn = pictures.pictures(model, params, KEY, source())["traversals"]
    row, mean = drawn["dims"].tolist().index(1), params["model"]["prior"]["mean"]
    z = jnp.float32([[mean[0], mean[1] + 2.5 * 3]])
    np.testing.assert_allclose(drawn["events"][row, -1], model.decode(params, z).mean[0], atol=1e-5)


def test_active_units_are_counted_in_every_layer(two):
    model, params = two
    batch, _ = next(batches.batches(source()))
    z = latents.flat(model.encode(params, batch.inputs).mode)
    expected = float((np.float64(z).var(0) > 0.01).sum())
    assert scores.code_scores(model, params, source()) == {"active_units": expected}
    silent = jax.tree.map(np.zeros_like, params)
    assert scores.code_scores(model, silent, source()) == {"active_units": 0.0}


@pytest.mark.ci
def test_a_joint_distribution_of_ones_own_is_scored_and_drawn(joint):
    """With a divergence of its own and without: the two normals are independent, so the exact rate is known."""
    model, params = joint
    found = scores.score(model, params, KEY, source(400), samples=3)
    assert "active_units" not in found
    batch, _ = next(batches.batches(source(400)))
    q = model.encode(params, batch.inputs)
    exact = kl(q.lower, model.parts.prior.lower) + kl(q.upper, model.parts.prior.upper)
    z = q.sample(KEY, batch.index)
    error = np.std(np.float64(q.log_prob(z) - model.parts.prior.log_prob(z))) / np.sqrt(400)
    assert abs(found["rate"] - exact.mean()) < 5 * error
    drawn = pictures.pictures(model, params, KEY, source())
    assert drawn.keys() == {"reconstructions", "interpolations", "codes", "samples"}
    assert drawn["codes"]["codes"].shape == (40, 2)


def test_codes_with_layers_are_flat_where_numbers_are_wanted(two):
    model, params = two
    codes = scores.flat_codes(model, params, source())
    assert codes.shape == (40, 5)
    batch, _ = next(batches.batches(source()))
    z = model.encode(params, batch.inputs).mode
    np.testing.assert_allclose(codes, np.concatenate(z, 1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        densities.decode(model, params, codes, EVENT), model.decode(params, z).mean, rtol=1e-4, atol=1e-5
    )
    drawn = densities.training_codes(model, params, source(), seed=3)
    assert (drawn.shape, drawn.dtype) == ((40, 5), np.float64)
    own = model.encode(params, batch.inputs).sample(jax.random.key(3), batch.index)
    np.testing.assert_allclose(drawn, np.concatenate(own, 1), rtol=1e-4, atol=1e-5)
    form = programs.code_form(model, params, EVENT)
    assert jax.tree.map(lambda leaf: leaf.shape, form) == ((1, 3), (1, 2))


def test_a_classifier_reads_all_layers(two):
    model, params = two
    classifier = finetune.Classifier(model, 2)
    events = finetune.labelled(source(), "ours")
    weights = classifier.train(params, events, events, steps=2, seed=0)
    assert weights["kernel"].shape == (5, 2)
    z = np.concatenate(model.encode(weights["model"], events.x).mode, 1)
    np.testing.assert_allclose(
        classifier.logits(weights, events.x), z @ weights["kernel"] + weights["bias"], rtol=1e-4, atol=1e-5
    )

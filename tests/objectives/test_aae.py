"""The adversarial autoencoder: its critic between two normals, and its three players wherever a run trains."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.optimize
import scipy.stats
from everywhere import WAYS, assert_same, train, trainer_of
from small import small_model

from aelab import latents, likelihoods, priors
from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder
from aelab.nets import critics, mlp
from aelab.objectives import aae_critic
from aelab.training.trainer import Trainer
from experiments import aae, autoencoder

KEY, ROWS, MEAN, STDDEV = jax.random.key(0), 8000, 0.8, 0.6
PLACES = np.linspace(-0.4, 1.9, 13)  # where both the codes and the prior lie
RATIO = scipy.stats.norm.logpdf(PLACES) - scipy.stats.norm.logpdf(PLACES, MEAN, STDDEV)


def judging(critic, rows):
    """`(critic's parameters, key) -> its mean loss` where all codes together are N(MEAN, STDDEV²)."""
    model = Autoencoder(
        encoder=mlp.Encoder(()),
        posterior=latents.Gaussian(1),
        prior=priors.standard_normal(1),
        decoder=mlp.Decoder((1,), ()),
        likelihood=likelihoods.Normal(),
    )
    slope = np.sqrt(STDDEV**2 / 2)  # half of the variance is among the events, half in each code
    heads = {"kernel": np.float32([[slope, 0]]), "bias": np.float32([MEAN, np.log(STDDEV**2 / 2)])}
    x = np.random.default_rng(0).normal(size=(rows, 1)).astype("f4")
    batch, own = Batch(x, x), {"posterior": {"mean_and_log_variance": heads}}

    def mean_loss(params, key):
        given = {"model": own, "critic": params}
        return aae_critic(critic)(model, given, key, batch, step=0, hyper=Hyper()).value.mean()

    return mean_loss


def test_the_best_critic_is_the_log_ratio_of_two_normals():
    """One that is quadratic in the code can be the best, and minimising its loss finds it."""

    def quadratic(params, z, condition=None):
        return params[0] + params[1] * z[:, 0] + params[2] * z[:, 0] ** 2

    loss = jax.jit(jax.value_and_grad(lambda params: judging(quadratic, ROWS)(params, KEY)))
    found = scipy.optimize.minimize(lambda p: [np.float64(x) for x in loss(np.float32(p))], np.zeros(3), jac=True).x
    np.testing.assert_allclose(found[0] + found[1] * PLACES + found[2] * PLACES**2, RATIO, atol=0.08)


@pytest.mark.long
def test_a_net_that_is_trained_as_critic_finds_it_too():
    critic, fresh = critics.of_codes((32, 32), 1)
    mean_loss, adam = judging(critic, 512), optax.adam(optax.cosine_decay_schedule(5e-3, 1500))

    @jax.jit
    def trained(params):
        def step(carry, key):
            params, state = carry
            changes, state = adam.update(jax.grad(mean_loss)(params, key), state)
            return (optax.apply_updates(params, changes), state), None

        return jax.lax.scan(step, (params, adam.init(params)), jax.random.split(KEY, 1500))[0][0]

    said = critic(trained(fresh(KEY)), jnp.float32(PLACES)[:, None])
    np.testing.assert_allclose(said, RATIO, atol=0.1)


CONFIG = aae.Config(data="digits", latent_dim=3, batch_size=36, optimizer="sgd", lr=0.01, epochs=1)
CONFIG = dataclasses.replace(CONFIG, critic_widths=(8,), critic_lr=0.1, generator_lr=0.1)


def build(config, spec):
    made = (aae if isinstance(config, aae.Config) else autoencoder).build(config, spec)
    prior = priors.standard_normal(3) if isinstance(config, aae.Config) else None
    return made._replace(model=small_model(spec.shape, latents.Point(3), prior))


def changed(before, after):
    """Which parts training moved."""
    both = [{**tree["model"], "critic": tree["critic"]} for tree in jax.device_get((before, after))]
    differ = jax.tree.map(lambda a, b: abs(a - b).max() > 1e-20, *both)  # a bias of 0 may take in even less
    return {part for part, moved in differ.items() if any(jax.tree.leaves(moved))}


@pytest.mark.ci
def test_each_player_moves_its_own_parts_and_no_other():
    """A rate of 1e-30 is lost in rounding."""
    own = trainer_of(CONFIG, build)

    def moved_at(**rates):
        trainer = Trainer(dataclasses.replace(CONFIG, **rates), own.recipe)
        start = trainer.fresh()
        return changed(start.params, trainer.advance(start, trainer.read(0, 1))[0].params)

    assert moved_at(generator_lr=0.0) == {"encoder", "posterior", "decoder", "critic"}
    assert moved_at(lr=1e-30) == {"encoder", "posterior", "critic"}
    assert moved_at(lr=1e-30, critic_lr=1e-30) == {"encoder", "posterior"}
    assert moved_at(lr=1e-30, generator_lr=0.0) == {"critic"}


@pytest.mark.ci
def test_without_a_rate_for_the_generator_the_model_is_a_plain_autoencoder():
    names = {field.name for field in dataclasses.fields(autoencoder.Config)}
    plain = autoencoder.Config(**{name: value for name, value in vars(CONFIG).items() if name in names})
    one, other = train(dataclasses.replace(CONFIG, generator_lr=0.0), build), train(plain, build)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-7), one.params["model"], other.params["model"])


SHORT = ("shard_map-8", "resumed")


@pytest.mark.parametrize(
    "way", [pytest.param(*w.values, marks=pytest.mark.ci if w.values[0] in SHORT else pytest.mark.long) for w in WAYS]
)
def test_all_players_are_the_same_everywhere(way):
    assert_same(CONFIG, build, way)

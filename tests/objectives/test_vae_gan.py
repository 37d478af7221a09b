"""VAE-GAN with critics whose features and logits are known, and its three players wherever a run trains."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same, trainer_of
from small import small_model

from aelab import latents, priors
from aelab.batch import Hyper
from aelab.distributions import sum_event
from aelab.nets import critics, mlp
from aelab.objectives import elbo, vae_gan, vae_gan_critic, vae_gan_generator
from aelab.objectives.draws import prior_draws
from aelab.seeds import key_named
from aelab.training.trainer import Trainer
from experiments import vae_gan as script

KEY, TWICE = jax.random.key(0), 2.0


def linear(params, events, mask=None, condition=None):
    """A critic that goes by the sum of the entries; its features are twice the entries."""
    return params * sum_event(events), TWICE * events


@pytest.fixture(scope="module")
def played(linear_gaussian):
    """`(feature share, adversary weight) -> (ELBO, losses of the three, x̃ and x')`, compiled once."""
    model, batch = linear_gaussian.model, linear_gaussian.batch(2)
    params = linear_gaussian.params(shift=0.3) | {"critic": jnp.float32(0.7)}

    @jax.jit
    def play(share, weight):
        numbers = Hyper(beta=2.0, own={"feature_share": share, "adversary_weight": weight})

        def ask(loss):
            return loss(model, params, KEY, batch, step=0, hyper=numbers)

        drawn = model.encode(params, batch.inputs).sample(KEY, batch.index)
        random = prior_draws(model, params, key_named(KEY, "prior"), batch)
        made = [model.decode(params, z).mean for z in (drawn, random)]
        return ask(elbo), [ask(make(linear)) for make in (vae_gan, vae_gan_generator, vae_gan_critic)], made

    def run(share=1.0, weight=3.0):
        return jax.tree.map(np.float64, play(share, weight))

    return run, np.float64(batch.targets), linear_gaussian.sigma


def softplus(x):
    return np.logaddexp(0, x)


def test_without_features_and_adversary_it_is_the_elbo(played):
    plain, (of_model, of_generator, _), _ = played[0](0.0, 0.0)
    np.testing.assert_allclose(of_model.value, plain.value, rtol=1e-6)
    np.testing.assert_allclose(of_generator.value, plain.terms["distortion"], rtol=1e-6)


def test_features_are_compared_by_a_normal_of_variance_1(played):
    """Twice the entries under variance 1 are the entries under variance ¼."""
    run, x, sigma = played
    plain, (of_model, of_generator, _), (rebuilt, _) = run(1.0, 0.0)
    squared = np.square(x - rebuilt).sum(1)
    np.testing.assert_allclose(of_generator.value, squared / (2 * 0.25), rtol=1e-5)
    np.testing.assert_allclose(of_model.value, squared / (2 * 0.25) + 2 * plain.terms["rate"], rtol=1e-5)
    constant = plain.terms["distortion"] - squared / (2 * sigma**2)
    np.testing.assert_allclose(constant, constant[0], rtol=1e-4)
    half = run(0.5, 0.0)[1][1].value
    np.testing.assert_allclose(half, (squared / (2 * 0.25) + plain.terms["distortion"]) / 2, rtol=1e-5)


def test_the_game_is_over_what_was_rebuilt_and_what_was_drawn(played):
    run, x, _ = played
    _, (_, of_generator, of_critic), made = run(1.0, 3.0)
    real, rebuilt, random = (0.7 * events.sum(1) for events in (x, *made))
    adversary = (softplus(-rebuilt) + softplus(-random)) / 2
    np.testing.assert_allclose(of_generator.terms["adversary"], adversary, rtol=1e-4)
    np.testing.assert_allclose(of_generator.value - of_generator.terms["distortion"], 3 * adversary, rtol=1e-4)
    expected = softplus(-real) / 2 + softplus(rebuilt) / 4 + softplus(random) / 4
    np.testing.assert_allclose(of_critic.value, expected, rtol=1e-4)


CONFIG = script.Config(data="digits", latent_dim=3, batch_size=36, optimizer="sgd", lr=0.01, critic_lr=0.1, epochs=1)


def build(config, spec):
    made = script.build(config, spec)
    model = small_model(spec.shape, latents.Gaussian(3), priors.standard_normal(3))
    return made._replace(model=model, **script.game(config, spec, mlp.Encoder((8,))))


@pytest.mark.ci
def test_each_player_moves_its_own_parts_and_no_other():
    """Rates of 1e-30 are lost in rounding."""
    own = trainer_of(CONFIG, build)

    def moved_at(**rates):
        trainer = Trainer(dataclasses.replace(CONFIG, **rates), own.recipe)
        start = trainer.fresh()
        return moved(start.params, trainer.advance(start, trainer.read(0, 1))[0].params)

    assert moved_at(lr=1e-30) == {"critic"}
    assert moved_at(critic_lr=1e-30) == {"encoder", "posterior", "decoder"}


def moved(before, after):
    """Which parts training changed by more than a bias of 0 takes in."""
    both = [{**tree["model"], "critic": tree["critic"]} for tree in jax.device_get((before, after))]
    differ = jax.tree.map(lambda a, b: abs(a - b).max() > 1e-20, *both)
    return {part for part, changed in differ.items() if any(jax.tree.leaves(changed))}


def test_the_critic_is_an_encoder_with_one_more_layer():
    critic, fresh = critics.of_events(mlp.Encoder((5,)), (4,))
    params, x = jax.jit(fresh)(KEY), np.random.default_rng(0).normal(size=(3, 4)).astype("f4")
    logit, features = jax.jit(critic)(params, x)
    np.testing.assert_allclose(features, mlp.Encoder((5,)).apply({"params": params["net"]}, x), rtol=1e-6)
    np.testing.assert_allclose(logit, features @ params["logit"]["kernel"][:, 0] + params["logit"]["bias"], rtol=1e-5)


SHORT = ("shard_map-8", "resumed")


@pytest.mark.parametrize(
    "way", [pytest.param(*w.values, marks=pytest.mark.ci if w.values[0] in SHORT else pytest.mark.long) for w in WAYS]
)
def test_all_players_are_the_same_everywhere(way):
    assert_same(CONFIG, build, way)

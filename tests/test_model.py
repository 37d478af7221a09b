"""The autoencoder's doors: shapes, purity, draws, and parts a user brings along."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import distributions, latents, likelihoods, nets, priors
from aelab.model import Autoencoder
from aelab.nets import mlp

EVENTS = pytest.mark.parametrize("event", [(5,), (7, 2), (4, 4, 1)], ids=["vector", "series", "image"])


class LearnedPrior(nn.Module):
    """N(μ, σ²) over one code with both learned."""

    latent_dim: int

    @nn.compact
    def __call__(self):
        mean = self.param("mean", nn.initializers.normal(1.0), (self.latent_dim,))
        return distributions.Normal(mean, self.param("log_variance", nn.initializers.zeros, (self.latent_dim,)))


class OwnEncoder(nn.Module):
    """What a user writes without a thought of masks or conditions."""

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(4)(x.reshape(len(x), -1)))


class Conditioned(nn.Module):
    """Any net with a side input beside its own."""

    net: nn.Module

    def __call__(self, x, condition):
        return self.net(jnp.concatenate([x.reshape(len(x), -1), condition], 1))


def autoencoder(event=(5,), **parts):
    defaults = {
        "encoder": mlp.Encoder((6,)),
        "posterior": latents.Gaussian(2),
        "prior": priors.standard_normal(2),
        "decoder": mlp.Decoder(event, (6,)),
        "likelihood": likelihoods.Bernoulli(),
    }
    return Autoencoder(**{**defaults, **parts})


def ready(event=(5,), batch=3, **parts):
    """A model, its parameters and some inputs."""
    model, x = autoencoder(event, **parts), jax.random.uniform(jax.random.key(1), (batch, *event))
    return model, jax.jit(model.init)(jax.random.key(0), x), x


def shapes(**parts):
    """The shapes of the parameters, without a draw."""
    params = jax.eval_shape(autoencoder(**parts).init, jax.random.key(0), jnp.zeros((3, 5)))
    return jax.tree.map(lambda leaf: leaf.shape, params)


@EVENTS
def test_every_door_has_its_shape(event):
    model = autoencoder(event)

    def doors(x):
        params = model.init(jax.random.key(0), x)
        q = model.encode(params, x)
        generated = model.generate(params, jax.random.key(2), jnp.arange(8))
        return q, model.prior(params), model.decode(params, q.mean), model.reconstruct(params, x), generated

    q, prior, p, reconstructed, generated = jax.eval_shape(doors, jnp.zeros((3, *event)))
    assert type(q) is distributions.Normal
    assert q.mean.shape == (3, 2)
    assert type(p) is distributions.Bernoulli
    assert p.logits.shape == (3, *event)
    assert prior.mean.shape == (2,)
    assert reconstructed.shape == (3, *event)
    assert generated.shape == (8, *event)


def test_parameters_are_dicts_by_player_then_part():
    params = shapes()
    assert list(params) == ["model"]
    assert set(params["model"]) == {"encoder", "posterior", "decoder"}  # the other parts have none
    params = shapes(likelihood=likelihoods.Normal("learned"), prior=LearnedPrior(2))
    assert set(params["model"]) == {"encoder", "posterior", "prior", "decoder", "likelihood"}
    assert params["model"]["prior"] == {"mean": (2,), "log_variance": (2,)}
    assert params["model"]["likelihood"] == {"log_sigma": ()}


def test_init_follows_its_key_and_does_not_look_at_the_values_or_the_batch():
    model, params, x = ready()
    init = jax.jit(model.init)
    for again in (init(jax.random.key(0), x), init(jax.random.key(0), 1 - x), init(jax.random.key(0), x[:1])):
        jax.tree.map(np.testing.assert_array_equal, again, params)
    other = init(jax.random.key(9), x)
    same = jax.tree.map(lambda a, b: bool((a == b).all()), params, other)["model"]
    kernels = [same["encoder"]["Dense_0"]["kernel"], same["decoder"]["Dense_0"]["kernel"]]
    assert not any(kernels)


def test_the_parts_draw_their_parameters_apart():
    _, params, _ = ready((6,), encoder=mlp.Encoder((6,)), posterior=latents.Point(6), decoder=mlp.Decoder((6,), (6,)))
    kernels = [np.ravel(leaf) for leaf in jax.tree.leaves(params) if leaf.shape == (6, 6)]
    assert len(kernels) == 4
    assert len(np.unique(kernels, axis=0)) == 4


def test_the_doors_are_pure():
    model, params, x = ready()
    before, inputs = jax.tree.map(np.array, params), np.array(x)

    def everything(params, x):
        z = model.encode(params, x).sample(jax.random.key(0))
        generated = model.generate(params, jax.random.key(2), jnp.arange(3))
        return model.decode(params, z).logits, model.reconstruct(params, x), generated

    first, second, jitted = everything(params, x), everything(params, x), jax.jit(everything)(params, x)
    jax.tree.map(np.testing.assert_array_equal, first, second)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), first, jitted)
    jax.tree.map(np.testing.assert_array_equal, before, params)
    np.testing.assert_array_equal(inputs, x)


def test_the_doors_are_the_parts_one_after_another():
    model, params, x = ready((7, 2), likelihood=likelihoods.Normal("learned"))
    encoder, posterior, _, decoder, likelihood = model.parts
    own = params["model"]
    features = encoder.apply({"params": own["encoder"]}, x)
    q = posterior.apply({"params": own["posterior"]}, features)
    outputs = decoder.apply({"params": own["decoder"]}, q.mean)
    p = likelihood.apply({"params": own["likelihood"]}, outputs)
    np.testing.assert_array_equal(model.encode(params, x).mean, q.mean)
    np.testing.assert_array_equal(model.decode(params, q.mean).mean, outputs)
    np.testing.assert_array_equal(model.reconstruct(params, x), p.mean)  # the mean at the mode: no draw


def test_a_generated_row_depends_on_the_key_and_its_index_alone():
    model, params, _ = ready()
    generate = jax.jit(model.generate)
    key, index = jax.random.key(3), jnp.array([7, 0, 2, 5])
    whole = generate(params, key, jnp.arange(8))
    some = generate(params, key, index)
    np.testing.assert_allclose(some, whole[index], rtol=1e-6)
    np.testing.assert_allclose(generate(params, key, index[::-1]), some[::-1], rtol=1e-6)
    far, alone = generate(params, key, index + 995)[3], generate(params, key, jnp.array([1000]))[0]
    np.testing.assert_allclose(alone, far, rtol=1e-6)
    assert len(np.unique(whole, axis=0)) == 8
    assert (generate(params, jax.random.key(4), jnp.arange(8)) != whole).any()


def test_generated_events_are_decoded_draws_of_the_prior():
    prior = distributions.Normal(jnp.array([3.0, -1.0]), jnp.log(jnp.array([4.0, 0.25])))
    identity = {"kernel": jnp.eye(2), "bias": jnp.zeros(2)}
    model = autoencoder((2,), prior=prior, decoder=mlp.Decoder((2,), ()), likelihood=likelihoods.Normal())
    z = jax.jit(model.generate)({"model": {"decoder": {"Dense_0": identity}}}, jax.random.key(0), jnp.arange(20_000))
    np.testing.assert_allclose(z.mean(0), prior.mean, atol=4 * 2 / 20_000**0.5)
    np.testing.assert_allclose(z.var(0), [4, 0.25], rtol=0.04)
    np.testing.assert_allclose(np.corrcoef(z.T)[0, 1], 0, atol=4 / 20_000**0.5)


def test_a_plain_autoencoder_reconstructs_and_has_no_prior():
    model, params, x = ready(posterior=latents.Point(2), prior=None)
    q = model.encode(params, x)
    assert type(q) is distributions.Point
    np.testing.assert_array_equal(model.reconstruct(params, x), model.decode(params, q.value).mean)
    with pytest.raises(TypeError, match="no prior"):
        model.prior(params)
    with pytest.raises(TypeError, match="no prior"):
        model.generate(params, jax.random.key(0), jnp.arange(2))


def test_a_learned_prior_follows_its_parameters():
    model, params, _ = ready(prior=LearnedPrior(2))
    np.testing.assert_array_equal(model.prior(params).mean, params["model"]["prior"]["mean"])
    far = {"model": {**params["model"], "prior": {"mean": jnp.full(2, 50.0), "log_variance": jnp.zeros(2)}}}
    generate, key, index = jax.jit(model.generate), jax.random.key(3), jnp.arange(4)
    assert (generate(far, key, index) != generate(params, key, index)).any()
    assert generate(params, key, index).shape == (4, 5)


def test_a_users_own_encoder_needs_no_more_than_x():
    model, params, x = ready((4, 4, 1), encoder=OwnEncoder())
    assert params["model"]["encoder"]["Dense_0"]["kernel"].shape == (16, 4)
    assert model.reconstruct(params, x).shape == x.shape
    with pytest.raises(TypeError, match="mask"):
        model.encode(params, x, mask=jnp.ones((3, 4), bool))


def test_a_condition_reaches_the_encoder_and_the_decoder():
    encoder, decoder = Conditioned(mlp.Encoder((6,))), Conditioned(mlp.Decoder((5,), (6,)))
    model = autoencoder(encoder=encoder, decoder=decoder)
    x, condition = jax.random.uniform(jax.random.key(1), (3, 5)), jnp.eye(3)
    params = jax.jit(model.init)(jax.random.key(0), x, condition=condition)
    z = model.encode(params, x, condition=condition).mean
    assert (z != model.encode(params, x, condition=condition[::-1]).mean).any()
    first, second = (model.decode(params, z, condition=c).mean for c in (condition, condition[::-1]))
    assert (first != second).any()
    assert model.reconstruct(params, x, condition=condition).shape == x.shape
    generated = jax.jit(model.generate)(params, jax.random.key(2), jnp.arange(3), condition=condition)
    assert generated.shape == x.shape


def test_a_categorical_likelihood_asks_for_an_output_a_level():
    likelihood = likelihoods.Categorical(7)
    decoder = mlp.Decoder(likelihoods.event_outputs(likelihood, (4, 4, 1)), (6,))
    model, params, x = ready((4, 4, 1), likelihood=likelihood, decoder=decoder)
    assert model.decode(params, jnp.zeros((3, 2))).logits.shape == (3, 4, 4, 1, 7)
    assert model.reconstruct(params, x).shape == x.shape


class SeesPart(nn.Module):
    """p(z|condition) whose mean is the first numbers of the condition."""

    latent_dim: int = 2

    def __call__(self, condition):
        mean = 10 * condition[:, : self.latent_dim]
        return distributions.Normal(mean, jnp.full_like(mean, -20.0))


def test_a_conditional_prior_is_one_a_row_and_sees_the_condition_alone():
    prior = priors.Conditional(mlp.Encoder((4,)), latents.Gaussian(2))
    parts = {"encoder": nets.Unconditional(mlp.Encoder((6,))), "decoder": nets.Unconditional(mlp.Decoder((5,), (6,)))}
    model, other = autoencoder(prior=prior, **parts), autoencoder(**parts)
    assert (model.conditional, other.conditional) == (True, False)
    x, condition = jax.random.uniform(jax.random.key(1), (3, 5)), jnp.eye(3)
    params = jax.jit(model.init)(jax.random.key(0), x, condition=condition)
    p = model.prior(params, condition=condition)
    assert p.mean.shape == (3, 2)
    np.testing.assert_allclose(model.prior(params, condition=condition[::-1]).mean, p.mean[::-1], rtol=1e-5)
    np.testing.assert_array_equal(model.encode(params, x, condition=condition).mean, model.encode(params, x).mean)


def test_what_a_conditional_prior_generates_follows_the_condition():
    decoder = nets.Unconditional(mlp.Decoder((2,), ()))
    model = autoencoder(decoder=decoder, prior=SeesPart(), likelihood=likelihoods.Normal())
    identity = {"net": {"Dense_0": {"kernel": jnp.eye(2), "bias": jnp.zeros(2)}}}
    condition = jax.random.normal(jax.random.key(1), (3, 4))
    made = model.generate({"model": {"decoder": identity}}, jax.random.key(0), jnp.arange(3), condition=condition)
    np.testing.assert_allclose(made, 10 * condition[:, :2], atol=1e-3)

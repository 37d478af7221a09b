"""The autoencoder's doors: shapes, purity, draws, and parts a user brings along."""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import distributions, latents, likelihoods, nets, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.distributions import Normal
from aelab.errors import ConfigError
from aelab.evaluation.bounds import importance_bound
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

    takes = ("condition",)

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


def uniform(*shape):
    return np.random.default_rng(1).random(shape, np.float32)


def ready(event=(5,), batch=3, condition=None, **parts):
    """A model, random parameters of its shapes and some inputs; numpy draws both, which has nothing to compile."""
    model, x, rng = autoencoder(event, **parts), uniform(batch, *event), np.random.default_rng(0)
    shapes = jax.eval_shape(model.init, jax.random.key(0), x, **({} if condition is None else {"condition": condition}))
    return model, jax.tree.map(lambda leaf: rng.normal(0, 0.5, leaf.shape).astype(leaf.dtype), shapes), x


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
    model, _, x = ready()
    init = jax.jit(model.init)
    params = init(jax.random.key(0), x)
    for again in (init(jax.random.key(0), x), init(jax.random.key(0), 1 - x), init(jax.random.key(0), x[:1])):
        jax.tree.map(np.testing.assert_array_equal, again, params)
    other = init(jax.random.key(9), x)
    same = jax.tree.map(lambda a, b: np.array_equal(a, b), params, other)["model"]
    kernels = [same["encoder"]["Dense_0"]["kernel"], same["decoder"]["Dense_0"]["kernel"]]
    assert not any(kernels)


def test_the_parts_draw_their_parameters_apart():
    parts = {"encoder": mlp.Encoder((6,)), "posterior": latents.Point(6), "decoder": mlp.Decoder((6,), (6,))}
    params = jax.jit(autoencoder((6,), **parts).init)(jax.random.key(0), uniform(3, 6))
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

    @jax.jit
    def doors_and_parts(params, x):
        own = params["model"]
        features = encoder.apply({"params": own["encoder"]}, x)
        q = posterior.apply({"params": own["posterior"]}, features)
        outputs = decoder.apply({"params": own["decoder"]}, q.mean)
        p = likelihood.apply({"params": own["likelihood"]}, outputs)
        doors = model.encode(params, x).mean, model.decode(params, q.mean).mean, model.reconstruct(params, x)
        return doors, (q.mean, outputs, p.mean)  # the mean at the mode: no draw

    jax.tree.map(np.testing.assert_array_equal, *doors_and_parts(params, x))


def test_a_generated_row_depends_on_the_key_and_its_index_alone():
    model, params, _ = ready()
    key, index = jax.random.key(3), np.array([7, 0, 2, 5])

    def generate(key, *index):
        return map(np.asarray, jax.jit(lambda key: [model.generate(params, key, i) for i in index])(key))

    whole, some, backwards = generate(key, np.arange(8), index, index[::-1])
    np.testing.assert_allclose(some, whole[index], rtol=1e-6)
    np.testing.assert_allclose(backwards, some[::-1], rtol=1e-6)
    far, alone, other = generate(key, index + 995, np.array([1000]), np.arange(8))
    np.testing.assert_allclose(alone[0], far[3], rtol=1e-6)
    np.testing.assert_array_equal(other, whole)
    assert len(np.unique(whole, axis=0)) == 8
    (whole_of_other_key,) = generate(jax.random.key(4), np.arange(8))
    assert (whole_of_other_key != whole).any()


def test_generated_events_are_decoded_draws_of_the_prior():
    prior = distributions.Normal(np.array([3, -1], "f4"), np.log(np.array([4, 0.25], "f4")))
    identity = {"kernel": np.eye(2, dtype="f4"), "bias": np.zeros(2, "f4")}
    model = autoencoder((2,), prior=prior, decoder=mlp.Decoder((2,), ()), likelihood=likelihoods.Normal())
    params = {"model": {"decoder": {"Dense_0": identity}}}
    z = np.asarray(jax.jit(model.generate)(params, jax.random.key(0), np.arange(20_000)))
    np.testing.assert_allclose(z.mean(0), prior.mean, atol=4 * 2 / 20_000**0.5)
    np.testing.assert_allclose(z.var(0), [4, 0.25], rtol=0.04)
    np.testing.assert_allclose(np.corrcoef(z.T)[0, 1], 0, atol=4 / 20_000**0.5)


def test_a_plain_autoencoder_reconstructs_and_has_no_prior():
    model, params, x = ready(posterior=latents.Point(2), prior=None)

    @jax.jit
    def doors(params, x):
        q = model.encode(params, x)
        return q, model.reconstruct(params, x), model.decode(params, q.value).mean

    q, reconstruction, decoded = doors(params, x)
    assert type(q) is distributions.Point
    np.testing.assert_array_equal(reconstruction, decoded)
    with pytest.raises(TypeError, match="no prior"):
        model.prior(params)
    with pytest.raises(TypeError, match="no prior"):
        model.generate(params, jax.random.key(0), jnp.arange(2))


def test_a_learned_prior_follows_its_parameters():
    model, params, _ = ready(prior=LearnedPrior(2))
    np.testing.assert_array_equal(model.prior(params).mean, params["model"]["prior"]["mean"])
    far = {"model": {**params["model"], "prior": {"mean": np.full(2, 50, "f4"), "log_variance": np.zeros(2, "f4")}}}
    generate, key, index = jax.jit(model.generate), jax.random.key(3), np.arange(4)
    assert (np.asarray(generate(far, key, index)) != generate(params, key, index)).any()
    assert generate(params, key, index).shape == (4, 5)


def test_a_users_own_encoder_needs_no_more_than_x():
    model, params, x = ready((4, 4, 1), encoder=OwnEncoder())
    assert params["model"]["encoder"]["Dense_0"]["kernel"].shape == (16, 4)
    assert jax.eval_shape(model.reconstruct, params, x).shape == x.shape
    with pytest.raises(ConfigError, match="encoder: these events have a mask"):
        model.encode(params, x, mask=np.ones((3, 4), bool))


def test_a_condition_reaches_the_encoder_and_the_decoder():
    encoder, decoder = Conditioned(mlp.Encoder((6,))), Conditioned(mlp.Decoder((5,), (6,)))
    condition = np.eye(3, dtype="f4")
    model, params, x = ready(encoder=encoder, decoder=decoder, condition=condition)

    @jax.jit
    def doors(params, x, condition):
        z = model.encode(params, x, condition=condition).mean
        generated = model.generate(params, jax.random.key(2), jnp.arange(3), condition=condition)
        outputs = model.decode(params, np.ones((3, 2), "f4"), condition=condition).mean
        return z, outputs, model.reconstruct(params, x, condition=condition), generated

    first, second = doors(params, x, condition), doors(params, x, condition[::-1])
    for door, other in zip(first, second, strict=True):
        assert (np.asarray(door) != other).any()
    assert first[2].shape == first[3].shape == x.shape


def test_a_categorical_likelihood_asks_for_an_output_a_level():
    likelihood = likelihoods.GreyLevels(7)
    decoder = mlp.Decoder(likelihoods.event_outputs(likelihood, (4, 4, 1)), (6,))
    model, params, x = ready((4, 4, 1), likelihood=likelihood, decoder=decoder)
    assert jax.eval_shape(model.decode, params, jnp.zeros((3, 2))).logits.shape == (3, 4, 4, 1, 7)
    assert jax.eval_shape(model.reconstruct, params, x).shape == x.shape


class SeesPart(nn.Module):
    """p(z|condition) whose mean is the first numbers of the condition."""

    latent_dim: int = 2

    takes = ("condition",)

    def __call__(self, condition):
        mean = 10 * condition[:, : self.latent_dim]
        return distributions.Normal(mean, jnp.full_like(mean, -20.0))


def test_a_conditional_prior_is_one_a_row_and_sees_the_condition_alone():
    prior = priors.Conditional(mlp.Encoder((4,)), latents.Gaussian(2))
    parts = {"encoder": nets.Unconditional(mlp.Encoder((6,))), "decoder": nets.Unconditional(mlp.Decoder((5,), (6,)))}
    model, other = autoencoder(prior=prior, **parts), autoencoder(**parts)
    assert (model.conditional, other.conditional) == (True, False)
    assert (model.prior_by_example, other.prior_by_example) == (True, False)
    condition = np.eye(3, dtype="f4")
    _, params, x = ready(prior=prior, **parts, condition=condition)

    @jax.jit
    def means(params, x, condition):
        posteriors = model.encode(params, x, condition=condition), model.encode(params, x)
        return model.prior(params, condition=condition).mean, *(q.mean for q in posteriors)

    mean, conditioned, unconditioned = means(params, x, condition)
    assert mean.shape == (3, 2)
    reversed_mean, *_ = means(params, x, condition[::-1])
    np.testing.assert_allclose(reversed_mean, np.asarray(mean)[::-1], rtol=1e-5)
    np.testing.assert_array_equal(conditioned, unconditioned)


def test_what_a_conditional_prior_generates_follows_the_condition():
    decoder = nets.Unconditional(mlp.Decoder((2,), ()))
    model = autoencoder(decoder=decoder, prior=SeesPart(), likelihood=likelihoods.Normal())
    identity = {"net": {"Dense_0": {"kernel": np.eye(2, dtype="f4"), "bias": np.zeros(2, "f4")}}}
    params, condition = {"model": {"decoder": identity}}, uniform(3, 4)
    made = jax.jit(model.generate)(params, jax.random.key(0), np.arange(3), condition=condition)
    np.testing.assert_allclose(made, 10 * condition[:, :2], atol=1e-3)


def test_a_part_that_needs_a_condition_says_so():
    model, params, x = ready(encoder=Conditioned(mlp.Encoder((6,))), condition=np.eye(3, dtype="f4"))
    assert model.conditional
    assert not model.prior_by_example
    with pytest.raises(ConfigError, match="encoder: it takes a condition, and none was given"):
        model.encode(params, x)


def test_what_nobody_hands_out_is_refused():
    class Typo(OwnEncoder):
        takes = ("masks",)

    class Other(OwnEncoder):
        offers = ("code_masks",)

    with pytest.raises(ConfigError, match="encoder: takes 'masks'; there are mask, hidden, condition, view"):
        autoencoder(encoder=Typo())
    with pytest.raises(ConfigError, match="encoder: offers 'code_masks'"):
        autoencoder(encoder=Other())


class SeesHoles(nn.Module):
    """What is hidden reads as its own mark: a masked autoencoder's encoder in miniature."""

    takes = ("hidden",)

    @nn.compact
    def __call__(self, x, hidden=None):
        mark = self.param("mark", nn.initializers.normal(1.0), x.shape[1:])
        return x if hidden is None else jnp.where(hidden, mark, x)


def test_hidden_entries_reach_the_encoder_that_takes_them():
    model, params, x = ready(encoder=SeesHoles())
    hidden = uniform(3, 5) < 0.5
    seen = np.where(hidden, params["model"]["encoder"]["mark"], x)
    batch = Batch(x, x, hidden=hidden, index=np.arange(3))

    @jax.jit
    def values(params, batch):
        whole = batch._replace(inputs=jnp.asarray(seen), hidden=None)
        losses = [
            objective(model, params, jax.random.key(0), one, step=0, hyper=Hyper()).value
            for objective in (objectives.elbo, objectives.reconstruction, partial(objectives.iwae, samples=2))
            for one in (batch, whole)
        ]
        bounds = [importance_bound(model, params, jax.random.key(0), one, 2) for one in (batch, whole)]
        return jnp.stack(losses + bounds)

    values = np.asarray(values(params, batch))
    np.testing.assert_allclose(values[::2], values[1::2], rtol=1e-6)
    np.testing.assert_array_equal(model.encode(params, x).mean, model.encode(params, x, hidden=None).mean)
    assert (np.asarray(model.encode(params, x, hidden=hidden).mean) != model.encode(params, x).mean).any()


def test_a_prior_that_takes_a_view_encodes_through_the_model():
    model, params, _ = ready(prior=priors.Vamp(3, (5,)))
    pseudo = jax.nn.sigmoid(params["model"]["prior"]["pseudo"])

    @jax.jit
    def densities(params, z):
        q = model.encode(params, pseudo)
        parts = jnp.stack([Normal(q.mean[k], q.log_variance[k]).log_prob(z) for k in range(3)])
        return model.prior(params).log_prob(z), jax.nn.logsumexp(parts, 0) - np.log(3)

    z = np.float32(np.random.default_rng(4).normal(size=(6, 2)))
    np.testing.assert_allclose(*densities(params, z), rtol=1e-5)


def test_the_gradient_of_a_prior_with_a_view_reaches_pseudo_inputs_and_encoder():
    model, params, _ = ready(prior=priors.Vamp(3, (5,)))
    grads = jax.jit(jax.grad(lambda params: model.prior(params).log_prob(np.ones((4, 2), "f4")).sum()))(params)
    assert (np.asarray(grads["model"]["prior"]["pseudo"]) != 0).any()
    assert (np.asarray(grads["model"]["encoder"]["Dense_0"]["kernel"]) != 0).any()
    assert all((np.asarray(leaf) == 0).all() for leaf in jax.tree.leaves(grads["model"]["decoder"]))


class Marked(nn.Module):
    """A prior whose program has an operation that nothing else has."""

    def __call__(self):
        return distributions.Normal(jax.lax.erf_inv(jnp.full(2, 0.5)), jnp.zeros(2))


def test_the_importance_weighted_bound_asks_for_the_prior_once_a_batch():
    model, params, x = ready(prior=Marked())
    batch = Batch(x, x, index=np.arange(3))
    program = jax.make_jaxpr(lambda k: importance_bound(model, params, jax.random.key(0), batch, k))(5)
    (loop,) = [eqn for eqn in program.eqns if eqn.primitive.name == "while"]  # over the draws
    assert str(program).count("erf_inv") > str(loop).count("erf_inv")
    own = jax.make_jaxpr(lambda k: importance_bound(autoencoder(), params, jax.random.key(0), batch, k))(5)
    (plain,) = [eqn for eqn in own.eqns if eqn.primitive.name == "while"]
    assert str(loop).count("erf_inv") == str(plain).count("erf_inv")  # those of the draws alone

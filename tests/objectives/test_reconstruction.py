"""The plain autoencoder's loss by hand, and in the linear case against PCA."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.decomposition
import sklearn.metrics

from aelab import latents, likelihoods
from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder
from aelab.nets import mlp
from aelab.objectives import reconstruction

SHAPE = (6, 4, 4, 1)


def plain(likelihood, event=SHAPE[1:], width=6, latent_dim=2):
    return Autoencoder(
        encoder=mlp.Encoder((width,)),
        posterior=latents.Point(latent_dim),
        decoder=mlp.Decoder(event, (width,)),
        likelihood=likelihood,
    )


def ready(likelihood, hard=False):
    """A model, its parameters, a batch of noisy inputs and clean targets, and its reconstructions."""
    model, rng = plain(likelihood), np.random.default_rng(1)
    targets = rng.random(SHAPE, np.float32)
    targets = np.round(targets) if hard else targets
    batch = Batch(targets + 0.3 * rng.normal(size=SHAPE).astype("f4"), targets)
    shapes = jax.eval_shape(model.init, jax.random.key(0), batch.inputs)
    params = jax.tree.map(lambda leaf: rng.normal(0, 0.3, leaf.shape).astype("f4"), shapes)
    return model, params, batch, np.float64(jax.jit(model.reconstruct)(params, batch.inputs))


@cache
def program(model):
    """One function for a model, so that what is compiled once serves all of its questions."""
    return jax.jit(partial(reconstruction, model))


def evaluate(model, params, batch, **hyper):
    loss = program(model)(params, jax.random.key(3), batch, step=0, hyper=Hyper(**hyper))
    return jax.tree.map(np.asarray, loss)


@pytest.mark.parametrize("sigma", [1.0, 0.2])
def test_with_a_normal_it_is_the_squared_error_over_two_sigma_squared_and_a_constant(sigma):
    model, params, batch, rebuilt = ready(likelihoods.Normal(sigma))
    squared = np.square(batch.targets - rebuilt).sum((1, 2, 3))
    constant = 16 / 2 * np.log(2 * np.pi * sigma**2)
    loss = evaluate(model, params, batch)
    np.testing.assert_allclose(loss.value, squared / (2 * sigma**2) + constant, rtol=1e-5)
    mse = sklearn.metrics.mean_squared_error(np.ravel(batch.targets), rebuilt.ravel())
    np.testing.assert_allclose(loss.value.mean(), 16 * mse / (2 * sigma**2) + constant, rtol=1e-5)


def test_with_a_bernoulli_it_is_the_textbooks_bce_times_the_entries():
    model, params, batch, p = ready(likelihoods.Bernoulli())
    x = np.float64(batch.targets)
    bce = -(x * np.log(p) + (1 - x) * np.log(1 - p)).mean((1, 2, 3))
    value = evaluate(model, params, batch).value
    np.testing.assert_allclose(value, 16 * bce, rtol=1e-5)
    np.testing.assert_allclose(value.mean(), 16 * likelihoods.bce(batch.targets, jnp.float32(p)), rtol=1e-5)


def test_with_hard_targets_it_is_scikit_learns_log_loss_times_the_entries():
    model, params, batch, p = ready(likelihoods.Bernoulli(), hard=True)
    log_loss = sklearn.metrics.log_loss(np.ravel(batch.targets), p.ravel())
    np.testing.assert_allclose(evaluate(model, params, batch).value.mean(), 16 * log_loss, rtol=1e-5)


def test_a_learned_sigma_takes_part():
    model, params, batch, rebuilt = ready(likelihoods.Normal("learned"))
    params["model"]["likelihood"]["log_sigma"] = np.float32(np.log(0.5))
    squared = np.square(batch.targets - rebuilt).sum((1, 2, 3))
    oracle = squared / (2 * 0.5**2) + 16 / 2 * np.log(2 * np.pi * 0.5**2)
    np.testing.assert_allclose(evaluate(model, params, batch).value, oracle, rtol=1e-5)


def test_beta_has_no_part_in_it():
    model, params, batch, _ = ready(likelihoods.Bernoulli())
    loss = evaluate(model, params, batch, beta=7.0)
    np.testing.assert_array_equal(loss.value, evaluate(model, params, batch).value)
    assert list(loss.terms) == ["distortion"]
    np.testing.assert_array_equal(loss.value, loss.terms["distortion"])


def test_with_a_gaussian_code_it_is_the_expected_distortion(linear_gaussian):
    batch = linear_gaussian.batch(4096)
    value = np.float64(evaluate(linear_gaussian.model, linear_gaussian.params(), batch).value).reshape(3, -1)
    w, b, sigma = linear_gaussian.w, linear_gaussian.b, linear_gaussian.sigma
    squared = np.square(linear_gaussian.x - linear_gaussian.mean @ w.T - b).sum(1)
    spread = (np.square(w) * linear_gaussian.variance).sum()
    oracle = (squared + spread) / (2 * sigma**2) + 2 * np.log(2 * np.pi * sigma**2)
    assert (abs(value.mean(1) - oracle) < 4 * value.std(1) / 64).all()


def test_the_best_linear_autoencoder_is_pca():
    x = np.random.default_rng(0).normal(size=(50, 5)) @ np.diag([3, 2, 1, 0.5, 0.2]) + 1
    pca = sklearn.decomposition.PCA(2).fit(x)
    axes, mean = pca.components_, pca.mean_
    model = Autoencoder(
        encoder=mlp.Encoder(()),
        posterior=latents.Point(2),
        decoder=mlp.Decoder((5,), ()),
        likelihood=likelihoods.Normal(),
    )
    params = {
        "posterior": {"code": {"kernel": np.float32(axes.T), "bias": np.float32(-mean @ axes.T)}},
        "decoder": {"Dense_0": {"kernel": np.float32(axes), "bias": np.float32(mean)}},
    }
    batch = Batch(np.float32(x), np.float32(x))

    @jax.jit
    @jax.value_and_grad
    def total(params):
        return reconstruction(model, {"model": params}, jax.random.key(0), batch, step=0, hyper=Hyper()).value.sum()

    value, slope = total(params)
    left_out = np.square(x - pca.inverse_transform(pca.transform(x))).sum()
    np.testing.assert_allclose(value, left_out / 2 + 50 * 5 / 2 * np.log(2 * np.pi), rtol=1e-5)
    for leaf in jax.tree.leaves(slope):
        np.testing.assert_allclose(leaf, 0, atol=2e-3)
    turned = jax.tree.map(lambda leaf: leaf + np.float32(0.1), params)
    assert total(turned)[0] > value


def test_only_the_entries_that_count_do():
    model, params, batch, rebuilt = ready(likelihoods.Normal(1.0))
    hidden = np.random.default_rng(4).random(SHAPE) < 0.5
    mask = np.arange(4) < np.array([4, 3, 2, 4, 1, 4])[:, None]
    value = evaluate(model, params, batch._replace(counted=hidden)).value
    nats = 0.5 * np.square(batch.targets - rebuilt) + 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(value, (nats * hidden).sum((1, 2, 3)), rtol=1e-5)
    x = np.where(mask[..., None, None], batch.inputs, np.float32(0))
    cut = np.float64(jax.jit(model.reconstruct)(params, x, mask=mask))
    both = hidden & mask[..., None, None]
    value = evaluate(model, params, batch._replace(inputs=x, counted=both, mask=mask)).value
    nats = 0.5 * np.square(batch.targets - cut) + 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(value, (nats * both).sum((1, 2, 3)), rtol=1e-5)

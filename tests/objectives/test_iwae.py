"""The importance-weighted bound in a model whose marginal and posterior are known in closed form."""

from functools import cache, partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.objectives import elbo, iwae, log_weight

DRAWS = 1000
KEY = jax.random.key(0)
SHIFT, LOG_RATIO = np.array([0.3, -0.5]), np.array([0.6, -0.4])


@cache
def program(model, objective, **options):
    """One function for each question, so that what is compiled once serves all tests."""
    return jax.jit(partial(objective, model, **options))


def evaluate(world, params, batch, objective=iwae, **options):
    return program(world.model, objective, **options)(params, KEY, batch, step=0, hyper=Hyper())


def bounds(world, samples):
    """L_k of every row, [event, draw], under a wrong q."""
    loss = evaluate(world, world.params(SHIFT, LOG_RATIO), world.batch(DRAWS), samples=samples)
    return -np.float64(loss.value).reshape(-1, DRAWS)


@pytest.mark.parametrize("samples", [1, 5])
def test_with_the_true_posterior_every_draw_gives_the_log_marginal(linear_gaussian, samples):
    value = evaluate(linear_gaussian, linear_gaussian.params(), linear_gaussian.batch(2), samples=samples).value
    np.testing.assert_allclose(-np.asarray(value), np.repeat(linear_gaussian.log_marginal, 2), rtol=1e-5)


def test_with_one_draw_it_is_the_elbo_in_mean(linear_gaussian):
    params, batch = linear_gaussian.params(SHIFT, LOG_RATIO), linear_gaussian.batch(DRAWS)
    losses = evaluate(linear_gaussian, params, batch, samples=1), evaluate(linear_gaussian, params, batch, elbo)
    one, other = (np.float64(loss.value).reshape(-1, DRAWS) for loss in losses)
    error = np.sqrt((one.var(1) + other.var(1)) / DRAWS)
    assert (abs(one.mean(1) - other.mean(1)) < 4 * error).all()
    one, other = (np.float64(loss.terms["rate"]).reshape(-1, DRAWS) for loss in losses)  # log q(z) − log p(z), and KL
    assert (abs(one.mean(1) - other.mean(1)) < 4 * one.std(1) / DRAWS**0.5).all()
    exact = linear_gaussian.log_marginal - linear_gaussian.gap(SHIFT, LOG_RATIO)
    single = bounds(linear_gaussian, 1)
    assert (abs(single.mean(1) - exact) < 4 * single.std(1) / DRAWS**0.5).all()


def test_it_rises_with_the_draws_towards_the_log_marginal(linear_gaussian):
    by_samples = [bounds(linear_gaussian, k) for k in (1, 2, 8, 64, 256)]
    for fewer, more in pairwise(by_samples[:-1]):
        gain = more - fewer  # the first draws are the same
        assert (gain.mean(1) > 4 * gain.std(1) / DRAWS**0.5).all()
    for bound in by_samples:
        assert (bound.mean(1) < linear_gaussian.log_marginal + 4 * bound.std(1) / DRAWS**0.5).all()
    assert (linear_gaussian.log_marginal - by_samples[0].mean(1) > 0.5).all()
    np.testing.assert_allclose(by_samples[-1].mean(1), linear_gaussian.log_marginal, atol=0.02)


def weights_of(world, samples, params, batch):
    """log w and log p(targets|z) of each draw, [sample, row]."""
    q = world.model.encode(params, batch.inputs)
    draws = jax.vmap(partial(log_weight, world.model, params, q, world.model.prior(params), KEY, batch))
    return draws(jnp.arange(samples))


def test_it_is_the_log_of_the_mean_weight_and_its_distortion_the_mean_of_the_draws(linear_gaussian):
    params, batch = linear_gaussian.params(SHIFT, LOG_RATIO), linear_gaussian.batch(4)
    weights, likelihoods = np.float64(jax.jit(partial(weights_of, linear_gaussian, 7))(params, batch))
    loss = evaluate(linear_gaussian, params, batch, samples=7)
    loss = jax.tree.map(np.asarray, loss)
    assert (weights.std(0) > 0).all()
    np.testing.assert_allclose(-loss.value, np.log(np.exp(weights).mean(0)), rtol=1e-5)
    np.testing.assert_allclose(-loss.terms["distortion"], likelihoods.mean(0), rtol=1e-5)
    np.testing.assert_allclose(loss.terms["distortion"] + loss.terms["rate"], loss.value, rtol=1e-5)


def test_a_weight_is_the_joint_over_q(linear_gaussian):
    params, batch = linear_gaussian.params(SHIFT, LOG_RATIO), linear_gaussian.batch(4)

    @jax.jit
    def draw_and_weight(params, batch, sample):
        q = linear_gaussian.model.encode(params, batch.inputs)
        z = q.sample(jax.random.fold_in(KEY, sample), batch.index)
        return z, log_weight(linear_gaussian.model, params, q, linear_gaussian.model.prior(params), KEY, batch, sample)

    for sample in (0, 3):
        z, got = draw_and_weight(params, batch, np.int32(sample))
        z = np.float64(z)
        mean, variance = np.repeat(linear_gaussian.mean + SHIFT, 4, 0), linear_gaussian.variance * np.exp(LOG_RATIO)
        residual = np.float64(batch.targets) - z @ linear_gaussian.w.T - linear_gaussian.b
        sigma = linear_gaussian.sigma
        likelihood = -0.5 * (np.square(residual / sigma).sum(1) + 4 * np.log(2 * np.pi * sigma**2))
        prior = -0.5 * (np.square(z).sum(1) + 2 * np.log(2 * np.pi))
        log_q = -0.5 * (np.square(z - mean) / variance + np.log(2 * np.pi * variance)).sum(1)
        np.testing.assert_allclose(got, np.stack([likelihood + prior - log_q, likelihood]), rtol=1e-4)


def test_its_gradient_weighs_the_draws_by_their_normalised_weights(linear_gaussian):
    batch = linear_gaussian.batch(2)
    params = linear_gaussian.params(SHIFT, LOG_RATIO)

    def log_weights(params):
        return weights_of(linear_gaussian, 5, params, batch)[0]

    def total(params):
        loss = partial(iwae, linear_gaussian.model, samples=5)(params, KEY, batch, step=0, hyper=Hyper())
        return loss.value.sum()

    def weighted(params):
        log_w = log_weights(params)
        normalised = jax.lax.stop_gradient(jax.nn.softmax(log_w, axis=0))  # eq. 14
        return -(normalised * log_w).sum()

    expected, got = jax.jit(lambda params: [jax.grad(weighted)(params), jax.grad(total)(params)])(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), got, expected)


def test_weights_too_small_for_a_float_leave_it_finite(linear_gaussian):
    batch = linear_gaussian.batch(1)
    batch = batch._replace(targets=batch.targets + 100)
    loss = evaluate(linear_gaussian, linear_gaussian.params(), batch, samples=3)
    assert (np.asarray(loss.value) > 10_000).all()
    assert np.isfinite(loss.value).all()

"""The ELBO in a model whose marginal and posterior are known in closed form."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.distributions import Normal, has_closed_form, kl
from aelab.model import Autoencoder
from aelab.objectives import elbo

DRAWS = 4096
BETA_AT = jax.jit(Hyper.beta_at)
SHIFT, LOG_RATIO = np.array([0.3, -0.5]), np.array([0.6, -0.4])


def by_event(values):
    """Mean over the draws of each event, and its standard error."""
    values = np.float64(values).reshape(-1, DRAWS)
    return values.mean(1), values.std(1) / DRAWS**0.5


@cache
def program(model):
    """The loss of a model: one function, so that what is compiled once serves all tests."""
    return jax.jit(partial(elbo, model))


def evaluate(world, params, batch=None, step=0, **hyper):
    loss = program(world.model)
    return loss(params, jax.random.key(0), batch or world.batch(DRAWS), step=step, hyper=Hyper(**hyper))


def test_with_the_true_posterior_the_elbo_is_the_log_marginal(linear_gaussian):
    mean, error = by_event(-evaluate(linear_gaussian, linear_gaussian.params()).value)
    assert (abs(mean - linear_gaussian.log_marginal) < 4 * error).all()
    assert (error < 0.05).all()


def test_with_another_q_it_falls_short_by_the_kl_to_the_true_posterior(linear_gaussian):
    gap = linear_gaussian.gap(SHIFT, LOG_RATIO)
    mean, error = by_event(-evaluate(linear_gaussian, linear_gaussian.params(SHIFT, LOG_RATIO)).value)
    assert gap > 0.5
    assert (abs(linear_gaussian.log_marginal - mean - gap) < 4 * error).all()


def test_its_terms_are_their_closed_forms_and_the_distortion_is_of_the_targets(linear_gaussian):
    w, b, sigma = linear_gaussian.w, linear_gaussian.b, linear_gaussian.sigma
    q_mean, q_variance = linear_gaussian.mean + SHIFT, linear_gaussian.variance * np.exp(LOG_RATIO)
    targets = linear_gaussian.x[::-1] + 0.5
    batch = linear_gaussian.batch(DRAWS)
    batch = batch._replace(targets=np.float32(np.repeat(targets, DRAWS, 0)))
    terms = evaluate(linear_gaussian, linear_gaussian.params(SHIFT, LOG_RATIO), batch).terms
    squared = np.square(targets - q_mean @ w.T - b).sum(1) + (np.square(w) * q_variance).sum()
    distortion, error = by_event(terms["distortion"])
    assert (abs(distortion - squared / (2 * sigma**2) - 2 * np.log(2 * np.pi * sigma**2)) < 4 * error).all()
    rate = 0.5 * (q_variance + np.square(q_mean) - 1 - np.log(q_variance)).sum(1)
    np.testing.assert_allclose(by_event(terms["rate"])[0], rate, rtol=1e-5)


def test_the_true_posterior_is_its_maximum(linear_gaussian):
    @jax.jit
    @jax.grad
    def slope(heads):
        params = linear_gaussian.params()
        params["model"]["posterior"] = heads
        batch = linear_gaussian.batch(DRAWS)
        return elbo(linear_gaussian.model, params, jax.random.key(0), batch, step=0, hyper=Hyper()).value.mean()

    for leaf in jax.tree.leaves(slope(linear_gaussian.params()["model"]["posterior"])):
        np.testing.assert_allclose(leaf, 0, atol=0.1)
    away = slope(linear_gaussian.params(SHIFT, LOG_RATIO)["model"]["posterior"])["mean_and_log_variance"]["bias"]
    ratio = np.exp(LOG_RATIO)  # of the gap: shift / variance, (ratio − 1) / 2
    exact = np.concatenate([SHIFT / linear_gaussian.variance, (ratio - 1) / 2])
    np.testing.assert_allclose(away, exact, atol=0.1)


@pytest.mark.parametrize("beta", [0.0, 0.25, 4.0])
def test_beta_weighs_the_rate_and_changes_no_term(linear_gaussian, beta):
    params, batch = linear_gaussian.params(SHIFT, LOG_RATIO), linear_gaussian.batch(2)
    plain, weighted = evaluate(linear_gaussian, params, batch), evaluate(linear_gaussian, params, batch, beta=beta)
    jax.tree.map(np.testing.assert_array_equal, plain.terms, weighted.terms)
    distortion, rate = (np.asarray(plain.terms[name]) for name in ("distortion", "rate"))
    np.testing.assert_allclose(weighted.value, distortion + beta * rate, rtol=1e-6)


@pytest.mark.parametrize(
    ("warmup", "step", "beta"),
    [(0.0, 0, 3.0), (0.0, 99, 3.0), (1.0, 0, 3.0), (10.0, 0, 0.3), (10.0, 4, 1.5), (10.0, 9, 3.0), (10.0, 10_000, 3.0)],
)
def test_beta_rises_in_a_line_over_its_warm_up(linear_gaussian, warmup, step, beta):
    hyper = {"beta": 3.0, "beta_warmup": warmup}
    np.testing.assert_allclose(Hyper(**hyper).beta_at(step), beta, rtol=1e-6)
    np.testing.assert_allclose(BETA_AT(Hyper(**hyper), jnp.int32(step)), beta, rtol=1e-6)
    loss = evaluate(linear_gaussian, linear_gaussian.params(), linear_gaussian.batch(2), step=step, **hyper)
    distortion, rate = (np.asarray(loss.terms[name]) for name in ("distortion", "rate"))
    np.testing.assert_allclose(loss.value, distortion + beta * rate, rtol=1e-6)


class Opaque(Normal):
    """A normal whose divergences nobody knows in closed form."""


def test_without_a_closed_form_the_rate_is_its_estimate(linear_gaussian):
    known = linear_gaussian.model
    opaque = Opaque(*known.parts.prior)
    model = Autoencoder(**{**known.parts._asdict(), "prior": opaque})
    params, batch = linear_gaussian.params(SHIFT, LOG_RATIO), linear_gaussian.batch(DRAWS)
    assert not has_closed_form(jax.eval_shape(model.encode, params, batch.inputs), opaque)
    loss = program(model)(params, jax.random.key(0), batch, step=0, hyper=Hyper())
    exact = evaluate(linear_gaussian, params)
    np.testing.assert_allclose(loss.terms["distortion"], exact.terms["distortion"], rtol=1e-5)  # the same draws
    rate, error = by_event(loss.terms["rate"])
    assert (abs(rate - by_event(exact.terms["rate"])[0]) < 4 * error).all()
    assert (error > 0).all()


def test_the_rate_is_the_kl_of_the_doors(linear_gaussian):
    model, params, batch = linear_gaussian.model, linear_gaussian.params(SHIFT, LOG_RATIO), linear_gaussian.batch(2)
    rate = evaluate(linear_gaussian, params, batch).terms["rate"]
    by_doors = jax.jit(lambda params, x: kl(model.encode(params, x), model.prior(params)))(params, batch.inputs)
    np.testing.assert_allclose(rate, by_doors, rtol=1e-6)


def test_a_plain_autoencoder_has_no_elbo(linear_gaussian):
    without = Autoencoder(**{**linear_gaussian.model.parts._asdict(), "prior": None})
    with pytest.raises(TypeError, match="no prior"):
        jax.eval_shape(
            lambda params, batch: elbo(without, params, jax.random.key(0), batch, step=0, hyper=Hyper()),
            linear_gaussian.params(),
            linear_gaussian.batch(1),
        )

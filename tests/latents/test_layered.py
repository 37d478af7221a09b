"""Codes of two layers on a linear-Gaussian chain, where everything is known in closed form.

z2 ~ N(0, I), z1 = z2 A + a + noise, x = z1 W + w + noise. At the exact posterior every draw gives log p(x) itself. At
any other one the bound lies below, and L_k rises towards it.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from aelab import latents, priors
from aelab.objectives import divergence, drawn

LOWER, UPPER, EVENT, SIGMA = 1, 1, 3, 0.6
RNG = np.random.default_rng(0)
A = RNG.normal(size=(UPPER, LOWER))
W, OFFSET, BIAS, LOG_VARIANCE = (
    RNG.normal(size=(LOWER, EVENT)),
    RNG.normal(size=LOWER),
    RNG.normal(size=EVENT),
    0.4 * RNG.normal(size=LOWER),
)
X = RNG.normal(size=(4, EVENT))

COV1 = A.T @ A + np.diag(np.exp(LOG_VARIANCE))  # of z1
COV = np.block([[COV1, A.T], [A, np.eye(UPPER)]])  # of (z1, z2)
MEAN = np.concatenate([OFFSET, np.zeros(UPPER)])
LEADING = np.concatenate([W, np.zeros((UPPER, EVENT))])  # x = (z1, z2) LEADING + BIAS + noise
COV_X = LEADING.T @ COV @ LEADING + SIGMA**2 * np.eye(EVENT)
LOG_P = scipy.stats.multivariate_normal(MEAN @ LEADING + BIAS, COV_X).logpdf(X)


def conditional(mean, covariance, known, wanted):
    """Of a joint normal, E[wanted | known] as kernel and bias, and the covariance of what is left."""
    gain = np.linalg.solve(covariance[np.ix_(known, known)], covariance[np.ix_(known, wanted)])
    left = covariance[np.ix_(wanted, wanted)] - covariance[np.ix_(wanted, known)] @ gain
    return gain, mean[wanted] - mean[known] @ gain, left


def head(kernel, bias, covariance):
    """The parameters of a normal head of these means and constant variances."""
    logs = np.log(np.diag(covariance))
    return {
        "mean_and_log_variance": {
            "kernel": np.float32(np.concatenate([kernel, np.zeros_like(kernel)], 1)),
            "bias": np.float32(np.concatenate([bias, logs])),
        }
    }


JOINT_MEAN = np.concatenate([MEAN, MEAN @ LEADING + BIAS])
JOINT = np.block([[COV, COV @ LEADING], [LEADING.T @ COV, COV_X]])
Z1, Z2, EVENTS = [0], [1], [2, 3, 4]
PRIOR = priors.Layered((LOWER, UPPER), 0)
PRIOR_PARAMS = {"params": {"lower_0": {"Gaussian_0": head(A, OFFSET, np.diag(np.exp(LOG_VARIANCE)))}}}


def exact(kind):
    """The module and the parameters with which it is p(z1, z2|x)."""
    if kind == "layered":
        parts = {"upper": head(*conditional(JOINT_MEAN, JOINT, EVENTS, Z2))}
        parts["lower_0"] = {"Gaussian_0": head(*conditional(JOINT_MEAN, JOINT, Z2 + EVENTS, Z1))}
        return latents.TopDownLayers((LOWER, UPPER), 0), {"params": parts}
    parts = {"first": head(*conditional(JOINT_MEAN, JOINT, EVENTS, Z1))}
    parts["higher_0"] = {"Gaussian_0": head(*conditional(JOINT_MEAN, JOINT, Z1, Z2))}
    return latents.BottomUpLayers((LOWER, UPPER), 0), {"params": parts}


def weights(kind, params, draws=200):
    """log w of each draw and its estimate by `divergence`, `[event, draw]`."""
    module = exact(kind)[0]
    x = jnp.float32(np.repeat(X, draws, 0))

    @jax.jit
    def run(params, prior):
        q, p = module.apply(params, x), PRIOR.apply(prior)
        z, log_q = drawn(q, jax.random.key(0), jnp.arange(len(x)))
        away = (x - z[0] @ W - BIAS) / SIGMA
        log_x = -0.5 * (jnp.square(away) + jnp.log(2 * jnp.pi * SIGMA**2)).sum(-1)
        return log_x + p.log_prob(z) - log_q(), log_x - divergence(q, p, z, log_q), q.log_prob(z) - log_q()

    log_w, own, apart = run(params, PRIOR_PARAMS)
    np.testing.assert_allclose(apart, 0, atol=1e-4)
    return np.float64(log_w).reshape(len(X), draws), np.float64(own).reshape(len(X), draws)


KINDS = pytest.mark.parametrize("kind", ["layered", "bottom_up"])


@KINDS
def test_at_the_exact_posterior_every_draw_gives_log_p(kind):
    log_w, _ = weights(kind, exact(kind)[1])
    np.testing.assert_allclose(log_w, np.repeat(LOG_P[:, None], log_w.shape[1], 1), atol=1e-4)


@KINDS
def test_draws_have_the_moments_of_the_exact_posterior(kind):
    module, params = exact(kind)
    n = 4000

    @jax.jit
    def draws(params):
        z, _ = module.apply(params, jnp.float32(np.repeat(X[:1], n, 0))).sample_and_log_prob(jax.random.key(2))
        return jnp.concatenate(z, -1)

    z = np.float64(draws(params))
    gain, bias, left = conditional(JOINT_MEAN, JOINT, EVENTS, Z1 + Z2)
    np.testing.assert_allclose(z.mean(0), X[0] @ gain + bias, atol=5 * left.max() ** 0.5 / n**0.5)
    np.testing.assert_allclose(np.cov(z, rowvar=False), left, atol=6 * left.max() / n**0.5)


@KINDS
def test_elsewhere_the_bound_lies_below_and_rises_with_its_draws(kind):
    rng = np.random.default_rng(1)
    away = jax.tree.map(lambda leaf: leaf + 0.3 * rng.normal(size=leaf.shape).astype("f4"), exact(kind)[1])
    log_w, own = weights(kind, away)
    error = log_w.std(1) / log_w.shape[1] ** 0.5
    assert (log_w.mean(1) < LOG_P).all()
    assert (np.abs(own.mean(1) - log_w.mean(1)) < 5 * error).all()  # the divergence is estimated without bias
    few = scipy.special.logsumexp(log_w.reshape(len(X), -1, 5), axis=2).mean(1) - np.log(5)
    many = scipy.special.logsumexp(log_w, axis=1) - np.log(log_w.shape[1])
    assert (log_w.mean(1) < few).all()
    assert (few < many).all()
    np.testing.assert_allclose(many, LOG_P, atol=0.3)


def test_from_the_bottom_up_the_top_layer_costs_its_divergence_and_no_estimate():
    module, params = exact("bottom_up")

    @jax.jit
    def parts(params, prior):
        q, p = module.apply(params, jnp.float32(X)), PRIOR.apply(prior)
        z = q.sample(jax.random.key(3))
        top = q.above[0](z[0])
        lower = q.first.log_prob(z[0]) - p.below[0](z[1]).log_prob(z[0])
        return q.divergence(p, z) - lower, top.mean, top.log_variance

    found, mean, log_variance = jax.tree.map(np.float64, parts(params, PRIOR_PARAMS))
    expected = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(-1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert (expected > 1e-3).all()


def test_the_decoder_sees_the_lowest_layer_alone():
    from aelab.nets import mlp

    decoder = latents.LowestLayer(mlp.Decoder((EVENT,), ()))
    z = jnp.ones((2, LOWER)), jnp.ones((2, UPPER))
    params = decoder.init(jax.random.key(0), z)
    one, other = (decoder.apply(params, (z[0], upper)) for upper in (z[1], 9 * z[1]))
    np.testing.assert_array_equal(one, other)
    assert (decoder.apply(params, (2 * z[0], z[1])) != one).any()

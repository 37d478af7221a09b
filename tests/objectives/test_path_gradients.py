"""STL and DReG in a model whose every slope is known, by NumPy from the same draws; and what both are for."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.objectives import dreg, iwae, stl

SHIFT, LOG_RATIO = np.array([0.3, -0.5]), np.array([0.6, -0.4])
KEY, DRAWS, SAMPLES = jax.random.key(0), 400, 4


@pytest.fixture(scope="module")
def slopes(linear_gaussian):
    """`(shift, log_ratio) -> (z, values, slopes)` of iwae, stl and dreg by name, compiled once.

    Slopes are those of every row in the posterior's biases, [row, 4], and in the decoder's, [row, 4].
    """
    world = linear_gaussian
    batch, members = world.batch(DRAWS), {"iwae": iwae, "stl": stl, "dreg": dreg}

    def value(member, params, row):  # one row, whose draws are those that it has in the batch
        one = jax.tree.map(lambda leaf: leaf[None], row)
        return members[member](world.model, params, KEY, one, step=0, hyper=Hyper(), samples=SAMPLES).value[0]

    @jax.jit
    def every(params):
        found = {}
        for name in members:
            values, grads = jax.vmap(jax.value_and_grad(partial(value, name)), (None, 0))(params, batch)
            model = grads["model"]
            heads = model["posterior"]["mean_and_log_variance"]["bias"]
            found[name] = (values, heads, model["decoder"]["Dense_0"]["bias"])
        q = world.model.encode(params, batch.inputs)
        z = jax.vmap(lambda sample: q.sample(jax.random.fold_in(KEY, sample), batch.index))(jnp.arange(SAMPLES))
        return z, found

    def run(shift=SHIFT, log_ratio=LOG_RATIO):
        return jax.tree.map(np.float64, every(world.params(shift, log_ratio)))

    return run


def test_the_slopes_are_those_of_the_paper(slopes, linear_gaussian):
    """∂ log w / ∂z, its path to the mean and the log variance, and the weights of the draws, all by hand."""
    world, (z, found) = linear_gaussian, slopes()
    x = np.repeat(world.x, DRAWS, 0)
    mean, variance = np.repeat(world.mean + SHIFT, DRAWS, 0), world.variance * np.exp(LOG_RATIO)
    residual = (x - z @ world.w.T - world.b) / world.sigma**2  # [draw, row, feature]
    log_w = -0.5 * (residual**2).sum(-1) * world.sigma**2 - 0.5 * (z**2).sum(-1)
    log_w += 0.5 * ((z - mean) ** 2 / variance + np.log(variance)).sum(-1)
    share = np.exp(log_w - log_w.max(0))
    share /= share.sum(0)
    slope = residual @ world.w - z + (z - mean) / variance
    path = np.concatenate([slope, slope * (z - mean) / 2], -1)  # to the means, and to the log variances
    for name, weight in (("stl", share), ("dreg", share**2)):
        _, heads, decoder = found[name]
        np.testing.assert_allclose(heads, -(weight[..., None] * path).sum(0), rtol=2e-3, atol=2e-3)
        np.testing.assert_allclose(decoder, -(share[..., None] * residual).sum(0), rtol=2e-3, atol=2e-3)


def test_both_have_the_value_of_the_bound(slopes):
    _, found = slopes()
    for name in ("stl", "dreg"):
        np.testing.assert_allclose(found[name][0], found["iwae"][0], rtol=1e-5)


def test_dreg_has_the_mean_of_the_bounds_own_slope_and_less_variance(slopes):
    _, found = slopes()
    (_, own, _), (_, dreg, _) = found["iwae"], found["dreg"]
    error = np.sqrt((own.var(0) + dreg.var(0)) / len(own))
    assert (abs(own.mean(0) - dreg.mean(0)) < 4 * error).all()
    by_event = lambda rows: rows.reshape(3, DRAWS, 4).var(1).sum()  # noqa: E731
    assert by_event(dreg) < 0.5 * by_event(own)


def test_at_the_true_posterior_no_draw_moves_it(slopes):
    """Where the slope of the bound itself only is 0 in the mean."""
    _, found = slopes(0.0, 0.0)
    for name in ("stl", "dreg"):
        np.testing.assert_allclose(found[name][1], 0, atol=1e-4)
    assert abs(found["iwae"][1]).mean() > 0.1

"""The penalty of DIP-VAE I and II by NumPy, also where rows only pad the batch; without its weights it is the ELBO."""

from functools import partial

import jax
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.objectives import dip, elbo

SHIFT, LOG_RATIO = np.array([0.3, -0.5]), np.array([0.6, -0.4])
KEY, ALL = jax.random.key(0), np.ones(6, "f4")


@pytest.fixture(scope="module")
def losses(linear_gaussian):
    """The ELBO and both penalties, `(off_diagonal, diagonal, weight) -> losses`: compiled once."""
    world = linear_gaussian
    params, batch = world.params(SHIFT, LOG_RATIO), world.batch(2)
    members = (elbo, *(partial(dip, gather=lambda tree: tree, of_draws=of_draws) for of_draws in (False, True)))

    @jax.jit
    def every(hyper, weight):
        given = (world.model, params, KEY, batch._replace(weight=weight))
        return [loss(*given, step=0, hyper=hyper) for loss in members]

    def run(off_diagonal, diagonal, weight=ALL):
        hyper = Hyper(beta=2.0, own={"dip_off_diagonal": off_diagonal, "dip_diagonal": diagonal})
        return jax.tree.map(np.float64, every(hyper, weight))

    return run


@pytest.mark.parametrize("rows", [6, 4])
def test_the_penalty_is_that_of_the_covariance_over_the_batch(losses, linear_gaussian, rows):
    means = np.repeat(linear_gaussian.mean + SHIFT, 2, 0)[:rows]
    first = np.cov(means.T, bias=True)
    second = first + np.diag(linear_gaussian.variance * np.exp(LOG_RATIO))
    plain, *found = losses(3.0, 0.5, np.float32(np.arange(6) < rows))
    for loss, covariance in zip(found, (first, second), strict=True):
        off, own = covariance[0, 1] ** 2 + covariance[1, 0] ** 2, (np.diag(covariance) - 1) ** 2
        penalty = 3.0 * off + 0.5 * own.sum()
        np.testing.assert_allclose(loss.terms["covariance_penalty"], penalty, rtol=1e-4)
        np.testing.assert_allclose(loss.value, plain.value + penalty, rtol=1e-5)


def test_with_weights_of_0_it_is_the_elbo(losses):
    plain, first, second = losses(0.0, 0.0)
    for loss in (first, second):
        np.testing.assert_allclose(loss.value, plain.value, rtol=1e-6)
        np.testing.assert_array_equal(loss.terms["covariance_penalty"], 0)

"""The maximum mean discrepancy pair by pair, and InfoVAE and WAE-MMD made of it."""

import jax
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.objectives import elbo, info_vae, prior_draws, wae_mmd
from aelab.objectives.mmd import squared_mmd
from aelab.seeds import key_named

SHIFT, LOG_RATIO = np.array([0.3, -0.5]), np.array([0.6, -0.4])
KEY, ROWS = jax.random.key(0), 12
ALL = np.ones(ROWS, "f4")


@jax.jit
def estimates(a, b, weights):
    return [squared_mmd(a, b, weights, unbiased=unbiased) for unbiased in (False, True)]


def by_pairs(a, b):
    """Both estimates by sums over pairs (Tolstikhin et al. 2018, algorithm 2)."""
    n, size = len(a), 2 * a.shape[1]

    def k(x, y):
        return size / (size + ((x - y) ** 2).sum())

    pairs = [(i, j) for i in range(n) for j in range(n)]
    across = 2 / n**2 * sum(k(a[i], b[j]) for i, j in pairs)
    every = sum(k(a[i], a[j]) + k(b[i], b[j]) for i, j in pairs) / n**2
    others = sum(k(a[i], a[j]) + k(b[i], b[j]) for i, j in pairs if i != j) / (n * (n - 1))
    return [every - across, others - across]


@pytest.mark.parametrize("rows", [ROWS, 7])
def test_it_is_the_sum_over_pairs(rows):
    """Also where rows of weight 0 follow."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(ROWS, 2)).astype("f4"), rng.normal(0.5, 2, size=(ROWS, 2)).astype("f4")
    found = estimates(a, b, np.float32(np.arange(ROWS) < rows))
    np.testing.assert_allclose(found, by_pairs(np.float64(a[:rows]), np.float64(b[:rows])), rtol=1e-4, atol=1e-6)


def test_equal_samples_have_none_and_others_have_more():
    a = np.random.default_rng(0).normal(size=(ROWS, 2)).astype("f4")
    np.testing.assert_allclose(estimates(a, a[::-1], ALL)[0], 0, atol=1e-6)
    near, far = (float(estimates(a, a + np.float32(shift), ALL)[0]) for shift in (0.3, 1.0))
    assert far > near > 1e-3


@pytest.fixture(scope="module")
def losses(linear_gaussian):
    """`hyper -> (ELBO, InfoVAE, WAE, codes, draws of the prior)`, compiled once."""
    world = linear_gaussian
    params, batch = world.params(SHIFT, LOG_RATIO), world.batch(4)

    @jax.jit
    def every(hyper):
        given = (world.model, params, KEY, batch)
        made = [loss(*given, step=0, hyper=hyper, gather=lambda tree: tree) for loss in (info_vae, wae_mmd)]
        codes = world.model.encode(params, batch.inputs).sample(KEY, batch.index)
        prior = prior_draws(world.model, params, key_named(KEY, "prior"), batch)
        return elbo(*given, step=0, hyper=hyper), *made, codes, prior

    def run(alpha, weight):
        return jax.tree.map(np.float64, every(Hyper(own={"info_alpha": alpha, "mmd_weight": weight})))

    return run


def test_info_vae_is_the_elbo_where_its_discrepancy_counts_nothing(losses):
    plain, info, *_ = losses(0.0, 1.0)
    np.testing.assert_allclose(info.value, plain.value, rtol=1e-5)


def test_the_discrepancy_is_that_of_the_codes_and_draws_of_the_prior(losses):
    plain, info, wae, codes, prior = losses(0.25, 7.0)
    assert len(np.unique(prior)) == prior.size
    every, others = by_pairs(codes, prior)
    np.testing.assert_allclose(info.terms["mmd"], every, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(wae.terms["mmd"], others, rtol=1e-3, atol=1e-5)
    distortion, rate = plain.terms["distortion"], plain.terms["rate"]
    np.testing.assert_allclose(info.value, distortion + 0.75 * rate + 6.25 * info.terms["mmd"], rtol=1e-5)
    np.testing.assert_allclose(wae.value, distortion + 7 * wae.terms["mmd"], rtol=1e-5)

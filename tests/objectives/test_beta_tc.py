"""β-TCVAE: at β 1 the ELBO of a draw, and a total correlation that is known.

That its estimate is the paper's is held in `tests/seams/test_across.py`.
"""

from functools import partial

import jax
import numpy as np

from aelab import latents, likelihoods, priors
from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder
from aelab.nets import mlp
from aelab.objectives import beta_tc, drawn, elbo

KEY, ROWS, CORRELATION, VARIANCE = jax.random.key(0), 1000, 0.8, 0.15


def whole(tree):
    return tree


def world():
    """Codes that together are N(0, R): q(z|x) = N(xA, v I) of x ~ N(0, I), with AᵀA + v I = R."""
    model = Autoencoder(
        encoder=mlp.Encoder(()),
        posterior=latents.Gaussian(2),
        prior=priors.standard_normal(2),
        decoder=mlp.Decoder((2,), ()),
        likelihood=likelihoods.Normal(),
    )
    correlations = np.array([[1, CORRELATION], [CORRELATION, 1]])
    factor = np.linalg.cholesky(correlations - VARIANCE * np.eye(2)).T
    heads = {"kernel": np.float32(np.c_[factor, 0 * factor]), "bias": np.float32([0, 0, *[np.log(VARIANCE)] * 2])}
    decoder = {"Dense_0": {"kernel": np.eye(2, dtype="f4"), "bias": np.zeros(2, "f4")}}
    params = {"model": {"posterior": {"mean_and_log_variance": heads}, "decoder": decoder}}
    x = np.random.default_rng(0).normal(size=(ROWS, 2)).astype("f4")
    return model, params, Batch(x, x), -0.5 * np.log(np.linalg.det(correlations))


def test_its_total_correlation_is_that_of_a_correlated_normal_and_at_beta_1_it_is_the_elbo_of_its_draw():
    model, params, batch, exact = world()

    @jax.jit
    def both(params, batch, beta):
        given = (model, params, KEY, batch)
        plain = elbo(*given, step=0, hyper=Hyper())
        z, log_q = drawn(model.encode(params, batch.inputs), KEY, None)
        of_draw = plain.terms["distortion"] + log_q() - model.prior(params).log_prob(z)
        loss = partial(beta_tc, examples=ROWS, gather=whole)(*given, step=0, hyper=Hyper(beta=beta))
        return of_draw, loss

    of_draw, loss = jax.tree.map(np.float64, both(params, batch, 1.0))
    np.testing.assert_allclose(loss.value, of_draw, rtol=1e-4)
    found = loss.terms["total_correlation"]
    assert exact > 0.5
    assert abs(found.mean() - exact) < 4 * found.std() / ROWS**0.5 < 0.15
    marginal, error = loss.terms["dimension_wise"], loss.terms["dimension_wise"].std() / ROWS**0.5
    assert abs(marginal.mean()) < 4 * error + 0.02  # each number is N(0, 1), as the prior is
    weighted = jax.tree.map(np.float64, both(params, batch, 3.0)[1])
    np.testing.assert_allclose(weighted.value, of_draw + 2 * found, rtol=1e-4, atol=1e-4)

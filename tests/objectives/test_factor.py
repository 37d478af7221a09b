"""FactorVAE against a critic whose best is known, and both players wherever a run trains."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import ACROSS, assert_same
from small import small_model

from aelab import latents, likelihoods, priors
from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder
from aelab.nets import mlp
from aelab.objectives import elbo, factor, factor_critic
from aelab.objectives.factor import shuffled
from experiments import vae

KEY, ROWS, CORRELATION, VARIANCE = jax.random.key(0), 4000, 0.6, 0.2
CORRELATIONS = np.array([[1, CORRELATION], [CORRELATION, 1]])


def quadratic(params, z):
    """A critic that can be the best one between two normals: linear in the products of the numbers."""
    return params["bias"] + jnp.einsum("ij,ni,nj->n", params["products"], z, z)


# log N(z; 0, R) − log N(z; 0, I) = −½ zᵀ(R⁻¹ − I)z − ½ log det R
BEST = {
    "bias": np.float32(-0.5 * np.log(np.linalg.det(CORRELATIONS))),
    "products": np.float32(-0.5 * (np.linalg.inv(CORRELATIONS) - np.eye(2))),
}


def world():
    """Codes that together are N(0, R): q(z|x) = N(xA, v I) of x ~ N(0, I), with AᵀA + v I = R."""
    model = Autoencoder(
        encoder=mlp.Encoder(()),
        posterior=latents.Gaussian(2),
        prior=priors.standard_normal(2),
        decoder=mlp.Decoder((2,), ()),
        likelihood=likelihoods.Normal(),
    )
    root = np.linalg.cholesky(CORRELATIONS - VARIANCE * np.eye(2)).T
    heads = {"kernel": np.float32(np.c_[root, 0 * root]), "bias": np.float32([0, 0, *[np.log(VARIANCE)] * 2])}
    decoder = {"Dense_0": {"kernel": np.eye(2, dtype="f4"), "bias": np.zeros(2, "f4")}}
    x = np.random.default_rng(0).normal(size=(ROWS, 2)).astype("f4")
    return model, {"posterior": {"mean_and_log_variance": heads}, "decoder": decoder}, Batch(x, x)


@pytest.fixture(scope="module")
def played():
    """`(critic, γ) -> (ELBO, model's loss, critic's loss, slopes of the critic's by row)`: compiled once."""
    model, params, batch = world()

    @jax.jit
    def play(critic, gamma):
        given, numbers = {"step": 0, "gather": lambda tree: tree}, Hyper(own={"factor_gamma": gamma})

        def judged(shift):  # of the critic's numbers, one shift for each row: its slope is that row's
            def shifted(params, z):
                return quadratic(params, z) + shift[0] + jnp.einsum("nij,ni,nj->n", shift[1], z, z)

            record = factor_critic(shifted)
            return record.loss(model, {"model": params, "critic": critic}, KEY, batch, hyper=numbers, **given).value

        zeros = (jnp.zeros(ROWS), jnp.zeros((ROWS, 2, 2)))
        slopes = jax.grad(lambda shift: judged(shift).sum())(zeros)
        both = {"model": params, "critic": critic}
        of_model = factor(quadratic)(model, both, KEY, batch, step=0, hyper=numbers)
        plain = elbo(model, both, KEY, batch, step=0, hyper=numbers)
        return plain, of_model, factor_critic(quadratic).loss(model, both, KEY, batch, hyper=numbers, **given), slopes

    return lambda critic, gamma=3.0: jax.tree.map(np.float64, play(critic, gamma))


def test_the_best_critic_is_the_log_ratio_of_the_densities(played):
    """There its loss has no slope, and elsewhere it has one; and its mean is the total correlation."""
    _, of_model, judged, slopes = played(BEST)
    for slope in slopes:
        rows = slope.reshape(ROWS, -1)
        assert (abs(rows.mean(0)) < 4 * rows.std(0) / ROWS**0.5).all()
    found, exact = of_model.terms["total_correlation"], -0.5 * np.log(np.linalg.det(CORRELATIONS))
    assert abs(found.mean() - exact) < 4 * found.std() / ROWS**0.5 < exact / 2
    assert 0.5 < judged.terms["told"].mean() < 0.8
    blind = {name: 0 * value for name, value in BEST.items()}
    _, _, worse, slopes = played(blind)
    products = slopes[1][:, 0, 1]
    assert abs(products.mean()) > 10 * products.std() / ROWS**0.5
    np.testing.assert_allclose(worse.value, np.log(2), rtol=1e-5)
    assert judged.value.mean() < np.log(2) - 0.05


def test_gamma_weighs_what_the_critic_says(played):
    plain, weighed, *_ = played(BEST, 3.0)
    said = weighed.terms["total_correlation"]
    np.testing.assert_allclose(weighed.value, plain.value + 3 * said, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(played(BEST, 0.0)[1].value, plain.value, rtol=1e-6)


def test_every_number_is_shuffled_on_its_own_among_the_rows_that_count():
    codes = np.arange(80, dtype="f4").reshape(20, 4)
    weight = np.float32(np.arange(20) % 5 > 0)
    batch = Batch(codes, codes, weight=weight, index=np.arange(20) + 3)
    mixed = np.asarray(jax.jit(lambda batch: shuffled(batch.inputs, KEY, batch, lambda tree: tree))(batch))
    real = weight > 0
    for column, own in zip(mixed[real].T, codes[real].T, strict=True):
        np.testing.assert_array_equal(np.sort(column), own)
    rows_of_numbers = (mixed[real] // 4).astype(int)
    assert (np.diff(rows_of_numbers, axis=1) != 0).any(1).mean() > 0.9


CONFIG = vae.Config(
    data="digits", objective="factor", latent_dim=3, batch_size=36, optimizer="sgd", lr=0.01, critic_lr=0.1, epochs=1
)
CONFIG = dataclasses.replace(CONFIG, critic_widths=(8,))


def build(config, spec):
    made = vae.build(config, spec)
    return made._replace(model=small_model(spec.shape, latents.Gaussian(3), priors.standard_normal(3)))


ONE = ("shard_map-8",)


@pytest.mark.parametrize(
    "way",
    [pytest.param(*way.values, marks=pytest.mark.ci if way.values == ONE else pytest.mark.long) for way in ACROSS],
)
def test_both_players_are_the_same_everywhere(way):
    assert_same(CONFIG, build, way)

"""Penalties of autoencoders without noise, against `jax.jacobian`, NumPy and SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from aelab import latents, likelihoods, nets
from aelab.batch import Batch, Hyper
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.model import Autoencoder
from aelab.nets import spectral
from aelab.objectives import menu, reconstruction
from experiments import autoencoder

ROWS, EVENT, KEY = 5, (6,), jax.random.key(0)
NUMBERS = {"contraction": 0.3, "sparsity": 0.2, "sparsity_weight": 4.0, "code_penalty": 0.5, "decoder_penalty": 0.7}
WEIGHT = np.float32([1, 1, 1, 1, 0])
MODEL = Autoencoder(
    encoder=nets.mlp.Encoder((4,), jnp.tanh),
    posterior=latents.Point(3, nets.activations["sigmoid"]),
    decoder=nets.mlp.Decoder(EVENT, (4,), jnp.tanh),
    likelihood=likelihoods.Bernoulli(),
)
NAMES = ("contractive", "kl_sparse", "rae_l2", "rae_gradient")


@pytest.fixture(scope="module")
def made():
    """Parameters, codes, the plain loss, each loss by name, and the Jacobians of the encoder and the decoder."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(ROWS, *EVENT)).astype("f4")
    batch, hyper = Batch(x, x, weight=WEIGHT), Hyper(own=NUMBERS)
    shapes = jax.eval_shape(MODEL.init, KEY, x)
    params = jax.tree.map(lambda leaf: rng.normal(0, 0.7, leaf.shape).astype(leaf.dtype), shapes)
    spec = Spec(EVENT, "float32", "unit")

    @jax.jit
    def every(params):
        given, losses = (MODEL, params, KEY, batch), {}
        for name in NAMES:
            record = menu[name](autoencoder.Config(), spec)
            loss, more = (record.loss, {"gather": lambda tree: tree}) if name == "kl_sparse" else (record, {})
            losses[name] = loss(*given, step=0, hyper=hyper, **more)
        codes = MODEL.encode(params, x).mode
        encoder = jax.vmap(jax.jacobian(lambda row: MODEL.encode(params, row[None]).mode[0]))(x)
        decoder = jax.vmap(jax.jacrev(lambda z: MODEL.decode(params, z[None]).mean[0]))(codes)
        return codes, reconstruction(*given, step=0, hyper=hyper), losses, encoder, decoder

    return params, *jax.tree.map(np.float64, every(params))


def test_the_contraction_is_the_frobenius_norm_of_the_encoders_jacobian(made):
    _, _, plain, losses, jacobian, _ = made
    assert jacobian.shape == (ROWS, 3, 6)
    norm = (jacobian**2).sum((1, 2))
    np.testing.assert_allclose(losses["contractive"].terms["squared_slope"], norm, rtol=1e-4)
    np.testing.assert_allclose(losses["contractive"].value, plain.value + 0.3 * norm, rtol=1e-5)


def test_a_unit_pays_for_how_far_its_mean_is_from_rare(made):
    """The KL of two coins by SciPy, of the means over the rows that count."""
    _, codes, plain, losses, *_ = made
    means = codes[:4].mean(0)
    coins = [scipy.stats.entropy([0.2, 0.8], [mean, 1 - mean]) for mean in means]
    np.testing.assert_allclose(losses["kl_sparse"].value, plain.value + 4 * sum(coins), rtol=1e-5)
    assert sum(coins) > 0.1


def test_a_regularised_autoencoder_pays_for_its_code_and_its_decoder(made):
    params, codes, plain, losses, _, jacobian = made
    length = 0.5 * (codes**2).sum(1)
    weights = sum((np.float64(leaf) ** 2).sum() for leaf in jax.tree.leaves(params["model"]["decoder"]))
    slope = (jacobian**2).sum((1, 2))
    np.testing.assert_allclose(losses["rae_l2"].value, plain.value + 0.5 * length + 0.7 * weights, rtol=1e-5)
    np.testing.assert_allclose(losses["rae_gradient"].value, plain.value + 0.5 * length + 0.7 * slope, rtol=1e-5)


def test_the_largest_numbers_of_a_code_stay():
    code = np.float32([[3, -1, 2, 0], [-4, -1, -2, -3]])
    kept, slope = jax.value_and_grad(lambda code: latents.KLargest(2)(code).sum())(code)
    np.testing.assert_array_equal(slope, [[1, 0, 1, 0], [0, 1, 1, 0]])
    assert kept == 3 + 2 - 1 - 2
    grid = np.moveaxis(np.stack([code, -code]), 0, 1)  # a code at each of two places
    found = latents.KLargest(1, jnp.tanh)(grid)
    np.testing.assert_array_equal((found != 0).sum(-1), 1)
    np.testing.assert_allclose(found.sum(-1), np.tanh([[3, 1], [-1, 4]]), rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"objective": "kl_sparse"}, "--objective kl_sparse: .*add --code-activation sigmoid"),
        ({"k_sparse": 17}, "--k-sparse: must be at most --latent-dim 16, got 17"),
    ],
)
def test_what_a_code_cannot_be_is_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        autoencoder.build(autoencoder.Config(**settings), Spec(EVENT, "float32", "unit"))


def test_with_spectral_norm_only_the_code_costs_anything():
    config = autoencoder.Config(objective="rae_spectral", latent_dim=3, widths=(4,))
    made = autoencoder.build(config, Spec(EVENT, "float32", "unit"))
    x = np.random.default_rng(2).uniform(size=(ROWS, *EVENT)).astype("f4")
    batch, hyper = Batch(x, x), Hyper(own=NUMBERS)

    @jax.jit
    def compared(params):
        given = (made.model, params, KEY, batch)
        losses = [loss(*given, step=0, hyper=hyper).value for loss in (reconstruction, made.objective.loss)]
        return made.model.encode(params, x).mode, *losses

    codes, plain, found = jax.tree.map(np.float64, compared(made.model.init(KEY, x)))
    np.testing.assert_allclose(found, plain + 0.5 * 0.5 * (codes**2).sum(1), rtol=1e-5)


def test_a_decoder_of_spectral_norm_becomes_no_steeper_than_a_line():
    """What `--objective rae_spectral` makes: no step of the code moves a reconstruction further than itself."""
    config = autoencoder.Config(objective="rae_spectral", latent_dim=3, widths=(4,), likelihood="normal")
    made = autoencoder.build(config, Spec(EVENT, "float32", "unit"))
    rng = np.random.default_rng(1)
    shapes = jax.eval_shape(made.model.init, KEY, np.zeros((1, *EVENT), "f4"))
    params = jax.tree.map(lambda leaf: rng.normal(0, 2, leaf.shape).astype(leaf.dtype), shapes)
    project = made.objective.project
    params = jax.jit(lambda params: jax.lax.fori_loop(0, 500, lambda _, params: project(params, {}), params))(params)
    used = spectral.normalised(params["model"]["decoder"]["weights"], params["model"]["decoder"]["directions"])
    for matrix in (leaf for leaf in jax.tree.leaves(used) if leaf.ndim > 1):
        np.testing.assert_allclose(np.linalg.norm(matrix, 2), 1, rtol=1e-3)
    z = rng.normal(size=(2, 50, 3)).astype("f4")
    x = np.stack([made.model.decode(params, codes).mean for codes in z])
    steps, moved = (np.linalg.norm(pair[0] - pair[1], axis=1) for pair in (z, x))
    assert (moved <= 1.13 * steps).all()  # a GELU is no steeper than 1.13
    assert moved.max() > 0.1 * steps.max()

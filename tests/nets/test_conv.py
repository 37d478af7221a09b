"""The convolutional encoder and decoder: any shape, exact masks, whole gradients, and errors of one line."""

import itertools
import math
from functools import partial
from types import SimpleNamespace

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from aelab import distributions, latents, likelihoods, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.errors import ConfigError
from aelab.model import Autoencoder
from aelab.nets import conv

OPTIONS = {
    "plain": {},
    "residual": {"residual": 1, "norm": "layer"},
    "group": {"residual": 1, "norm": "group", "dense": 5},
    "grid": {"latent_grid": True, "norm": "layer", "dense": 6},
}
LENGTHS = [7, 4, 1, 0]  # of the series in a batch; the last row is only there to fill it


def config(**fields):
    defaults = dict.fromkeys(("residual", "dense"), 0) | {"channels": (4, 8), "kernel": 3, "norm": "none"}
    return SimpleNamespace(**(defaults | {"latent_grid": False, "activation": "gelu"} | fields))


def autoencoder(event, likelihood=None, posterior=None, **fields):
    likelihood = likelihood or likelihoods.Normal()
    encoder, decoder = conv.build(config(**fields), event, likelihoods.event_outputs(likelihood, event))
    posterior, prior = posterior or latents.Gaussian(3), priors.standard_normal(3)
    return Autoencoder(encoder=encoder, posterior=posterior, prior=prior, decoder=decoder, likelihood=likelihood)


def parameters(model, event):
    """Of the right shapes, all random: biases of 0 would hide a mistake, and this needs no program to be compiled."""
    shapes = jax.eval_shape(model.init, jax.random.key(0), jax.ShapeDtypeStruct((1, *event), "float32"))
    random = np.random.default_rng(0)
    return jax.tree.map(lambda leaf: (0.3 * random.normal(size=leaf.shape)).astype(leaf.dtype), shapes)


def series(steps, lengths=LENGTHS, channels=2, junk=0.0):
    """Random series with their mask; a row is the same whatever the number of steps, and junk stands behind it."""
    mask = np.arange(steps) < np.array(lengths)[:, None]
    values = np.random.default_rng(0).normal(size=(len(lengths), max(lengths), channels)).astype("f4")
    values = np.pad(values, ((0, 0), (0, max(0, steps - max(lengths))), (0, 0)))
    return np.where(mask[..., None], values, np.float32(junk)), mask


def close(actual, desired, tolerance=1e-6):
    """Equal, relative to the largest entry."""
    actual, desired = np.asarray(actual), np.asarray(desired)
    np.testing.assert_allclose(actual, desired, rtol=0, atol=tolerance * np.abs(desired).max(initial=0))


EVENTS = st.lists(st.integers(1, 40), min_size=2, max_size=3).map(tuple)


@pytest.mark.parametrize("shapes", [5, pytest.param(20, marks=pytest.mark.long)])
def test_a_reconstruction_has_the_shape_of_any_event(shapes):
    @hypothesis.settings(max_examples=shapes, derandomize=True, deadline=None, database=None)
    @hypothesis.given(
        EVENTS, st.integers(1, 5), st.integers(1, 4), st.sampled_from(sorted(OPTIONS)), st.sampled_from([1, 3])
    )
    def it_has(event, kernel, stages, options, levels):
        likelihood = likelihoods.Normal() if levels == 1 else likelihoods.GreyLevels(levels)
        fields = OPTIONS[options] | {"kernel": kernel, "channels": (4,) * stages}
        model, x = autoencoder(event, likelihood, **fields), jax.ShapeDtypeStruct((2, *event), "float32")
        rebuilt = jax.eval_shape(lambda x: model.reconstruct(model.init(jax.random.key(0), x), x), x)
        assert rebuilt.shape == (2, *event)

    it_has()


@pytest.mark.parametrize(
    "event", [(25, 25, 1), (105, 105, 1), (32, 48, 3), (29, 12), (140, 1), (1, 1, 1), (1, 1)], ids=str
)
def test_the_code_is_a_vector_or_a_grid(event):
    model, x = autoencoder(event), jax.ShapeDtypeStruct((2, *event), "float32")
    spatial = autoencoder(event, latent_grid=True)
    *_, grid = conv.spaces(event[:-1], 2)
    assert grid == tuple(math.ceil(math.ceil(size / 2) / 2) for size in event[:-1])

    def shapes(model, x):
        params = model.init(jax.random.key(0), x)
        features, code = model.apply("encoder", params, x), model.encode(params, x).mode
        return features, code, model.reconstruct(params, x)

    features, code, outputs = jax.eval_shape(lambda x: shapes(model, x), x)
    assert (features.shape, code.shape, outputs.shape) == ((2, math.prod(grid) * 8), (2, 3), x.shape)
    features, code, outputs = jax.eval_shape(lambda x: shapes(spatial, x), x)
    assert (features.shape, code.shape, outputs.shape) == ((2, *grid, 8), (2, *grid, 3), x.shape)


def loss_and_gradient(model, params, x, mask=None):
    batch = Batch(x, x, mask=mask, index=jnp.arange(len(x)))

    def total(params):
        loss = objectives.elbo(model, params, jax.random.key(3), batch, step=0, hyper=Hyper())
        return loss.value.sum(), loss.value

    return jax.grad(total, has_aux=True)(params)[::-1]


@pytest.mark.long
@pytest.mark.parametrize(
    ("event", "options"),
    [((5, 6, 2), "group"), ((5, 6, 2), "grid"), ((7, 2), "plain"), ((7, 2), "residual")],
)
def test_a_gradient_reaches_every_parameter(event, options):
    model, x = autoencoder(event, **OPTIONS[options]), jax.random.normal(jax.random.key(0), (4, *event))
    params = parameters(model, event)
    loss, gradient = jax.jit(partial(loss_and_gradient, model))(params, x)
    assert np.isfinite(loss).all()
    for path, leaf in jax.tree.leaves_with_path(gradient):
        assert np.isfinite(leaf).all(), path
        assert (leaf != 0).any(), path


@pytest.mark.long
def test_jit_changes_nothing():
    model, x = autoencoder((7, 2), **OPTIONS["group"]), series(7)[0]
    params = parameters(model, (7, 2))
    close(jax.jit(model.reconstruct)(params, x), model.reconstruct(params, x), 1e-5)


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        pytest.param("plain", [10], marks=pytest.mark.ci),  # the exam of all nets has it too
        ("grid", [10]),
        pytest.param("group", [1, 10, 100], marks=pytest.mark.long),
    ],
)
def test_padding_changes_no_code_no_loss_and_no_gradient(options, extra):
    event = (9, 2)  # longer than any of the series
    model = autoencoder(event, **OPTIONS[options])
    params = parameters(model, event)

    @jax.jit
    def results(x, mask):
        return model.encode(params, x, mask=mask), loss_and_gradient(model, params, x, mask)

    desired = results(*series(7))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(desired))
    for more, junk in itertools.product([0, *extra], [100.0, np.nan]):
        jax.tree.map(close, results(*series(7 + more, junk=junk)), desired)


@pytest.mark.parametrize(("norm", "lengths"), [("none", [7]), ("group", [13, 1])])
def test_a_masked_series_has_the_grid_and_the_outputs_of_the_series_alone(norm, lengths):
    """On a grid no parameter knows the length: the same parameters serve a net made for just that series."""
    fields = {"norm": norm, "residual": 1, "latent_grid": True}
    x, mask = series(19, lengths, junk=100.0)
    z = np.random.default_rng(2).normal(size=(len(lengths), 5, 3)).astype("f4")

    @partial(jax.jit, static_argnums=0)
    def grid_and_outputs(event, params, x, z, mask=None):
        model = autoencoder(event, **fields)
        return model.apply("encoder", params, x, mask=mask), model.decode(params, z, mask=mask).mean

    params = parameters(autoencoder((19, 2), **fields), (19, 2))
    grid, outputs = map(np.asarray, grid_and_outputs((19, 2), params, x, z, mask))
    np.testing.assert_array_equal(outputs[~mask], 0)
    for row, length in enumerate(lengths):
        steps = math.ceil(length / 4)
        one = slice(row, row + 1)
        alone, outputs_alone = grid_and_outputs((length, 2), params, x[one, :length], z[one, :steps])
        close(grid[one, :steps], alone, 2e-6)
        np.testing.assert_array_equal(grid[one, steps:], 0)
        close(outputs[one, :length], outputs_alone, 2e-6)


@pytest.mark.parametrize("posterior", [latents.Gaussian(3), latents.Point(3)], ids=["normal", "point"])
def test_a_code_on_a_grid_has_only_the_places_of_the_series(posterior):
    """Code and rate are those of the series alone: places behind its end say nothing and cost nothing."""
    x, mask = series(19, [7, 13], junk=100.0)
    whole = autoencoder((19, 2), posterior=posterior, latent_grid=True)
    params, normal = parameters(whole, (19, 2)), isinstance(posterior, latents.Gaussian)

    def gaps(model, params, q, z):
        """The rate, and log q(z) − log p(z), of a code that is drawn."""
        prior = model.prior(params)
        return (distributions.kl(q, prior), q.log_prob(z) - prior.log_prob(z)) if normal else ()

    @jax.jit
    def codes(params, x):
        q = whole.encode(params, x, mask=mask)
        z = q.sample(jax.random.key(1), jnp.arange(2)) if normal else q.mode
        found = [(q.mode, gaps(whole, params, q, z))]
        for row, length in enumerate([7, 13]):
            model = autoencoder((length, 2), posterior=posterior, latent_grid=True)
            one = model.encode(params, x[row : row + 1, :length])
            found.append((one.mode, gaps(model, params, one, z[row : row + 1, : math.ceil(length / 4)])))
        return found

    (mode, together), *alone = jax.tree.map(np.asarray, codes(params, x))
    for row, (one, gaps_alone) in enumerate(alone):
        places = one.shape[1]
        assert places == math.ceil([7, 13][row] / 4)
        close(mode[row, :places], one[0], 2e-6)
        np.testing.assert_array_equal(mode[row, places:], 0)
        for gap, gap_alone, tolerance in zip(together, gaps_alone, (2e-6, 1e-5)[: len(together)], strict=True):
            close(gap[row], gap_alone[0], tolerance)


def test_a_mask_of_ones_is_no_mask_and_rows_do_not_see_each_other():
    model, x = autoencoder((7, 2), norm="group", residual=1), series(7)[0]
    params = parameters(model, (7, 2))
    reconstruct = jax.jit(lambda x, mask: model.reconstruct(params, x, mask=mask))
    desired = np.asarray(reconstruct(x, None))
    close(reconstruct(x, np.ones((4, 7), bool)), desired)
    x[1:] = 9
    close(np.asarray(reconstruct(x, None))[0], desired[0], 1e-5)


def test_several_outputs_per_entry_stand_behind_the_event():
    likelihood = likelihoods.GreyLevels(4)
    model, (x, mask) = autoencoder((9, 2), likelihood), series(11)
    params = parameters(model, (9, 2))

    @jax.jit
    def logits_and_log_prob(params, z, x):
        p = model.decode(params, z, mask=mask)
        return p.logits, p.log_prob(x, mask=mask)

    logits, log_prob = logits_and_log_prob(params, np.ones((4, 3), "f4"), 1 / (1 + np.exp(-x)))
    assert logits.shape == (4, 11, 2, 4)
    assert np.isfinite(log_prob).all()


@pytest.mark.long
@pytest.mark.parametrize(("event", "options"), [((9, 11, 1), "plain"), ((7, 2), "residual")])
def test_eight_examples_are_learned_by_heart(event, options):
    model = autoencoder(event, posterior=latents.Point(8), **OPTIONS[options], channels=(16, 32))
    x = jax.random.normal(jax.random.key(0), (8, *event))
    mask = series(7, [7, 7, 6, 5, 4, 3, 2, 1])[1] if len(event) == 2 else None
    optimizer = optax.adam(3e-3)

    def squared(params):
        error = jnp.square(model.reconstruct(params, x, mask=mask) - x)
        return error.sum() if mask is None else (error * mask[..., None]).sum()

    def step(carry, _):
        updates, state = optimizer.update(jax.grad(squared)(carry[0]), carry[1])
        return (optax.apply_updates(carry[0], updates), state), None

    @jax.jit
    def before_and_after(key):
        params = model.init(key, x)
        (trained, _), _ = jax.lax.scan(step, (params, optimizer.init(params)), None, length=400)
        return squared(params), squared(trained)

    before, after = before_and_after(jax.random.key(1))
    assert after < 0.01 * before


@pytest.mark.parametrize(
    ("event", "fields", "words"),
    [
        ((784,), {}, "--net: .*conv.*mlp"),
        ((2, 3, 4, 5), {}, "--net: .*conv"),
        ((0, 3), {}, r"\(0, 3\)"),
        ((28, 28, 1), {"channels": ()}, "--channels: "),
    ],
)
def test_a_net_that_cannot_be_made_is_one_line(event, fields, words):
    with pytest.raises(ConfigError, match=words) as error:
        conv.build(config(**fields), event, event)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("event", "batch", "mask", "words"),
    [
        ((7, 2), (4, 9, 2), None, "mask"),
        ((7, 2), (4, 7, 3), (4, 7), r"\(7, 2\).*\(7, 3\)"),
        ((7, 2), (4, 7, 2), (4, 8), r"mask: .*\(4, 8\).*\(4, 7\)"),
        ((7, 2), (4, 7, 2), (4, 7, 2), "mask: "),
        ((5, 6, 1), (4, 6, 5, 1), None, r"\(5, 6, 1\).*\(6, 5, 1\)"),
        ((5, 6, 1), (4, 30), None, r"\(30,\)"),
    ],
)
def test_a_batch_that_does_not_fit_is_one_line(event, batch, mask, words):
    encoder, _ = conv.build(config(), event, event)
    mask = None if mask is None else jnp.ones(mask, bool)
    with pytest.raises(ConfigError, match=words) as error:
        encoder.init(jax.random.key(0), jnp.zeros(batch), mask=mask)
    assert "\n" not in str(error.value)


def test_by_default_the_nets_are_mirrors_of_two_stages():
    encoder, decoder = conv.build(config(channels=(32, 64)), (28, 28, 1), (28, 28, 1))
    assert encoder == conv.Encoder((28, 28, 1), activation=encoder.activation)
    assert decoder == conv.Decoder((28, 28, 1), (28, 28, 1), activation=decoder.activation)

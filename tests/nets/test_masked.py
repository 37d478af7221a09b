"""The masked autoencoder: its encoder against one that is given the visible patches of one event at a time."""

import dataclasses
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from everywhere import WAYS, assert_same
from sequence_nets import lengths, padding_changes_nothing, random_parameters

from aelab.batch import Batch, Hyper
from aelab.corruptions import patches as hide_patches
from aelab.corruptions import visible
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.nets import masked
from aelab.objectives import reconstruction
from experiments import mae

RNG = np.random.default_rng(0)
SIZES = {"width": 8, "depth": 1, "heads": 2, "positions": "learned", "max_length": 0, "decoder_width": 4}
IMAGE, SERIES, SHARE = (4, 6, 2), (12, 3), 0.5
KEPT = {IMAGE: visible(SHARE, 6), SERIES: visible(SHARE, 4)}
MASK = lengths(12, 7, 3, 1, most=12)


def nets(event, **options):
    patch = {2: 3, 3: 2}[len(event)]
    return masked.build(SimpleNamespace(**(SIZES | {"decoder_depth": 1, "patch": patch} | options)), event, event)


def events(event, rows=4):
    x = RNG.normal(size=(rows, *event)).astype("f4")
    return Batch(x, x, index=np.arange(rows), mask=MASK if event == SERIES else None)


@pytest.fixture(scope="module", params=[IMAGE, SERIES], ids=["images", "series"])
def made(request):
    """Encoders that gather and that do not, their parameters, a batch with holes, and both kinds of features."""
    event = request.param
    plain, _ = nets(event)
    few = plain.clone(most=KEPT[event])
    batch = hide_patches(jax.random.key(0), events(event), SHARE, plain.patches)
    params, weights = random_parameters(plain.init, batch.inputs), RNG.normal(size=(4, 6 if event == IMAGE else 4, 8))

    def features(params, net, x):
        h = net.apply(params, x, batch.mask, batch.hidden)
        return (h * weights).sum(), h

    both = jax.jit(lambda params, x: [jax.grad(features, has_aux=True)(params, net, x) for net in (few, plain)])
    return few, params, batch, both, both(params, batch.inputs)


def norm(h, own):
    return (h - h.mean(-1, keepdims=True)) / np.sqrt(h.var(-1, keepdims=True) + 1e-6) * own["scale"] + own["bias"]


def dense(h, own):
    return h @ own["kernel"] + own.get("bias", 0)


def block(x, own):
    """A block with two heads of four channels, in NumPy, of the tokens of one event."""
    h, parts = norm(x, own["attention_norm"]), []
    q, k, v = (dense(h, own["attention"][name]) for name in ("query", "key", "value"))
    for head in (slice(0, 4), slice(4, 8)):
        weights = np.exp(q[:, head] @ k[:, head].T / 2)
        parts.append(weights / weights.sum(1, keepdims=True) @ v[:, head])
    x = x + dense(np.concatenate(parts, 1), own["attention"]["out"])
    h = dense(norm(x, own["norm"]), own["widen"])
    gelu = 0.5 * h * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
    return x + dense(gelu, own["narrow"])


def test_it_is_given_the_visible_patches_alone(made):
    """Row by row, without any mask: only the visible patches are computed with, and no other is there."""
    net, params, batch, _, ((_, features), _) = made
    own = params["params"]
    for row in range(4):
        shown = ~np.asarray(net.patches.split(batch.hidden[row : row + 1]).any(-1))[0]
        shown &= True if batch.mask is None else np.asarray(net.patches.exist(batch.mask[row : row + 1]))[0]
        x = batch.inputs[row] if batch.mask is None else np.where(batch.mask[row, :, None], batch.inputs[row], 0)
        tokens = np.asarray(net.patches.split(x[None]))[0][shown]
        h = tokens @ own["embed"]["kernel"] + own["embed"]["bias"] + own["positions"]["table"][shown]
        expected = norm(block(h, own["blocks"]["block_0"]), own["blocks"]["norm"])
        np.testing.assert_allclose(features[row][shown], expected, rtol=1e-4, atol=1e-5)
        there = np.ones(len(shown), bool) if batch.mask is None else net.patches.exist(batch.mask)[row]
        hidden = np.broadcast_to(own["token"], features[row].shape)[there & ~shown]
        np.testing.assert_array_equal(features[row][there & ~shown], hidden)
        np.testing.assert_array_equal(features[row][~there], 0)


def test_gathered_or_left_out_is_the_same(made):
    *_, ((slope, features), (same_slope, same)) = made
    np.testing.assert_allclose(features, same, rtol=1e-4, atol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), slope, same_slope)
    assert all((leaf != 0).any() for leaf in jax.tree.leaves(slope))


def test_what_is_hidden_cannot_be_seen(made):
    _, params, batch, both, found = made
    spoilt = jnp.where(batch.hidden, jnp.nan, batch.inputs)
    jax.tree.map(np.testing.assert_array_equal, both(params, spoilt), found)


def test_a_patch_of_which_anything_is_hidden_is_not_read():
    net, _ = nets(IMAGE)
    hidden = np.zeros((1, *IMAGE), bool)
    hidden[0, 3, 2, 1] = True
    np.testing.assert_array_equal(net.visible(None, hidden), [[1, 1, 1, 1, 0, 1]])
    exist = np.array([[1, 0, 1, 1, 1, 0]], bool)
    np.testing.assert_array_equal(net.visible(exist, hidden), [[1, 0, 1, 1, 0, 0]])


def test_only_hidden_patches_count_unless_all_do():
    """Also: the loss of the script is that of the whole model, to whose encoder nothing is gathered."""
    config = mae.Config(width=8, heads=2, patch=2, decoder_width=4, latent_dim=3, masked=SHARE)
    made, x = mae.build(config, Spec(IMAGE, "float32", "unit")), RNG.uniform(size=(4, *IMAGE)).astype("f4")
    params, key = random_parameters(made.model.init, x), jax.random.key(3)

    @jax.jit
    def computed(targets):
        plain = Batch(x, targets, index=jnp.arange(4))
        batch = made.corruption(key, plain, Hyper())
        given = (made.model, params, jax.random.key(0), batch)
        losses = [loss(*given, step=0, hyper=Hyper()).value for loss in (made.objective, reconstruction)]
        rebuilt = made.model.decode(params, made.model.encode(params, batch.inputs, hidden=batch.hidden).mode).mean
        return losses, batch.hidden, made.scores[0].compute(made.model, params, key, plain), rebuilt

    (value, same), hidden, error, rebuilt = computed(x)
    np.testing.assert_allclose(value, same, rtol=1e-5)
    np.testing.assert_allclose(error, [np.square(x - rebuilt)[i][hidden[i]].mean() for i in range(4)], rtol=1e-4)
    np.testing.assert_array_equal(computed(np.where(hidden, x, 1 - x))[0][0], value)
    assert (computed(np.where(hidden, 1 - x, x))[0][0] != value).all()
    every = mae.build(dataclasses.replace(config, rebuild="all"), Spec(IMAGE, "float32", "unit"))
    assert jax.eval_shape(lambda: every.corruption(key, Batch(x, x), Hyper())).counted is None


def test_the_encoder_costs_as_much_less_as_it_sees_less():
    """Operations of the program, by XLA's own count: half the patches for a little more than half of them."""
    plain, _ = nets((16, 16, 1), patch=2, width=32)
    x = np.zeros((8, 16, 16, 1), "f4")
    params, hidden = jax.eval_shape(plain.init, jax.random.key(0), x), np.zeros(x.shape, bool)

    def operations(net):
        return jax.jit(net.apply).lower(params, x, None, hidden).cost_analysis()["flops"]

    full, half, quarter = (operations(plain.clone(most=most)) for most in (64, 32, 16))
    assert half < 0.56 * full
    assert quarter < 0.31 * full


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"decoder_width": 5}, "--heads: 2 does not divide --decoder-width 5"),
        ({"heads": 3}, "--heads: 3 does not divide --width 8; these do: 1 2 4 8"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        nets(IMAGE, **options)


def test_a_net_for_longer_series_has_the_same_code_for_a_whole_one_with_and_without_a_mask():
    encoder, decoder = nets((6, 2), patch=2, max_length=10)
    x = RNG.normal(size=(2, 6, 2)).astype("f4")
    params = random_parameters(encoder.init, x)
    code, masked_code = jax.jit(lambda x: [encoder.apply(params, x, mask) for mask in (None, np.ones((2, 6), bool))])(x)
    np.testing.assert_allclose(masked_code, code, rtol=1e-5)
    assert code.shape == (2, 5, 8)
    assert jax.eval_shape(decoder.init_with_output, jax.random.key(0), code)[0].shape == (2, 6, 2)


@pytest.mark.long
def test_padding_changes_no_loss_no_output_and_no_gradient():
    padding_changes_nothing(*nets((6, 2), patch=4, max_length=106))


CONFIG = mae.Config(
    data="digits", width=8, heads=2, patch=2, decoder_width=4, latent_dim=2, batch_size=36, epochs=1, optimizer="sgd",
    lr=1e-3,
)  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("way", [pytest.param(*way.values) for way in WAYS])
def test_it_is_the_same_everywhere(way):
    assert_same(dataclasses.replace(CONFIG), mae.build, way)

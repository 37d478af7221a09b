"""The Transformer: attention against flax's, patches against slices, and what padding must never do."""

import math
from types import SimpleNamespace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequence_nets import (
    autoencoder,
    eight_examples_are_learned_by_heart,
    lengths,
    padding_changes_nothing,
    random_parameters,
    shifted,
)

from aelab.errors import ConfigError
from aelab.nets import patches, transformer
from aelab.nets.attention import Attention

WIDTH, HEADS = 8, 2
BOTH = pytest.mark.parametrize("positions", ["learned", "sinusoidal"])


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("f4")


def nets(event, outputs=None, **options):
    config = {"width": WIDTH, "depth": 1, "heads": HEADS, "patch": 0, "positions": "learned", "max_length": 0} | options
    return transformer.build(SimpleNamespace(**config), event, outputs or event)


@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_attention_is_that_of_flax(masked):
    x, memory = normal(3, 4, WIDTH), normal(3, 6, WIDTH, seed=1)
    mask = lengths(6, 3, 1, most=6) if masked else None
    oracle = nn.MultiHeadDotProductAttention(HEADS)
    params, weights = random_parameters(oracle.init, x, memory)["params"], normal(*x.shape, seed=2)

    def ours(params, x, memory):
        merged = jax.tree.map(lambda leaf: leaf.reshape(-1, WIDTH) if leaf.ndim == 3 else leaf.reshape(-1), params)
        merged["out"]["kernel"] = params["out"]["kernel"].reshape(WIDTH, WIDTH)
        for name in ("query", "key", "value"):
            merged[name]["kernel"] = params[name]["kernel"].reshape(WIDTH, WIDTH)
        del merged["key"]["bias"]
        return Attention(HEADS).apply({"params": merged}, x, memory, mask)

    def flax(params, x, memory):
        return oracle.apply({"params": params}, x, memory, mask=None if mask is None else mask[:, None, None])

    def value_and_gradient(f, *args):
        def weighted(*args):
            value = f(*args)
            return (value * weights).sum(), value

        return jax.grad(weighted, (0, 1, 2), has_aux=True)(*args)

    found = jax.jit(lambda *args: [value_and_gradient(f, *args) for f in (ours, flax)])(params, x, memory)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), *found)


@pytest.mark.parametrize(
    ("event", "patch", "grid"),
    [
        ((28, 28, 1), (4, 4), (7, 7)),
        ((105, 105, 1), (15, 15), (7, 7)),
        ((32, 48, 3), (4, 6), (8, 8)),
        ((25, 25, 1), (5, 5), (5, 5)),
        ((25, 10, 1), (1, 5), (25, 2)),
        ((8, 8, 1), (1, 1), (8, 8)),
        ((257, 2, 1), (257, 1), (1, 2)),
        ((140, 1), (1,), (140,)),
        ((256, 1), (1,), (256,)),
        ((257, 1), (2,), (129,)),
        ((1344, 3), (6,), (224,)),
    ],
    ids=str,
)
def test_a_derived_patch_leaves_at_most_256_steps_or_64_tiles_and_divides_an_image(event, patch, grid):
    cut = patches.choose(event)
    assert (cut.patch, cut.grid) == (patch, grid)
    assert math.prod(grid) <= (256 if len(event) == 2 else 64)
    assert cut.tokens(event[0]) == math.prod(grid)


def test_the_patch_of_a_series_derives_from_its_declared_maximum():
    assert patches.choose((100, 1), max_length=1000).grid == (250,)
    assert patches.choose((100, 1), patch=7, max_length=1000).grid == (143,)


def test_patches_are_slices_row_by_row_and_join_again():
    x = np.arange(2 * 4 * 6 * 3.0, dtype="f4").reshape(2, 4, 6, 3)
    cut = patches.Patches((4, 6), (2, 3))
    tokens = np.asarray(cut.split(x))
    for n, (i, j) in enumerate([(0, 0), (0, 3), (2, 0), (2, 3)]):
        np.testing.assert_array_equal(tokens[:, n], x[:, i : i + 2, j : j + 3].reshape(2, 18))
    np.testing.assert_array_equal(cut.join(tokens, 4), x)


@pytest.mark.parametrize("steps", [1, 4, 7, 8, 10])
def test_patches_of_a_series_fill_up_with_zeros_and_exist_if_one_step_does(steps):
    x, cut = np.ones((1, steps, 2), "f4"), patches.Patches((10,), (4,))

    @jax.jit
    def cut_and_joined(x, mask):
        tokens = cut.split(x)
        return tokens, cut.join(tokens, steps), cut.exist(mask)

    tokens, joined, exist = cut_and_joined(x, lengths(0, 1, 4, 5, most=10))
    assert tokens.shape == (1, cut.tokens(steps), 8)
    assert np.sum(tokens) == x.size
    np.testing.assert_array_equal(joined, x)
    np.testing.assert_array_equal(exist, [[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0]])


def test_rows_of_an_image_that_do_not_exist_take_their_patches_with_them():
    exist = patches.Patches((4, 6), (2, 3)).exist(lengths(4, 2, most=4))
    np.testing.assert_array_equal(exist, [[1, 1, 1, 1], [1, 1, 0, 0]])


def test_sinusoids_tell_every_place_apart_and_do_not_depend_on_the_other_axis():
    table = transformer.sinusoids((5, 7), 16).reshape(5, 7, 16)
    np.testing.assert_array_equal(table[:, 0, :8], table[:, 3, :8])
    np.testing.assert_array_equal(table[0, :, 8:], table[2, :, 8:])
    flat = table.reshape(35, 16)
    distance = np.linalg.norm(flat[:, None] - flat, axis=-1) + 9 * np.eye(35)
    assert distance.min() > 0.5
    assert transformer.sinusoids((3,), 7).shape == (3, 7)


@pytest.mark.long  # the exam of all nets has a short one
@pytest.mark.parametrize(("patch", "positions"), [(1, "learned"), (4, "sinusoidal")])
def test_padding_changes_no_loss_no_output_and_no_gradient(patch, positions):
    padding_changes_nothing(*nets((6, 2), patch=patch, positions=positions, max_length=106))


def test_a_whole_mask_is_no_mask_and_a_row_without_steps_is_finite():
    x, (encoder, _) = normal(2, 6, 2), nets((6, 2))
    variables = random_parameters(encoder.init, x)
    masks = None, lengths(6, 6, most=6), lengths(6, 0, most=6)
    plain, whole, empty = jax.jit(lambda variables: [encoder.apply(variables, x, mask) for mask in masks])(variables)
    np.testing.assert_allclose(whole, plain, rtol=1e-5, atol=1e-6)
    assert np.isfinite(empty).all()


@pytest.mark.long
@pytest.mark.parametrize(
    ("event", "options"), [((7, 2), {"depth": 2}), ((6, 4, 1), {"patch": 2}), ((2, 3, 3), {"positions": "sinusoidal"})]
)
def test_shapes_are_kept_gradients_reach_everything_and_jit_changes_nothing(event, options):
    x = jax.random.normal(jax.random.key(0), (4, *event))
    encoder, decoder = nets(event, (*event, 3), **options)
    init, apply = autoencoder(encoder, decoder)
    params = init(x)
    assert jax.eval_shape(encoder.apply, params[0], x).shape == (4, transformer.SLOTS * WIDTH)
    value = jax.value_and_grad(lambda params: (jnp.square(y := apply(params, x)).sum(), y), has_aux=True)
    (_, y), gradients = jax.jit(value)(params)
    assert y.shape == (4, *event, 3)
    if event == (7, 2):
        np.testing.assert_allclose(apply(params, x), y, rtol=1e-4, atol=1e-5)
    for path, leaf in jax.tree.leaves_with_path(gradients):
        assert np.isfinite(leaf).all(), path
        assert np.abs(leaf).max() > 0, path


@pytest.mark.long
@BOTH
@pytest.mark.parametrize("patch", [1, 3])
def test_every_length_up_to_the_declared_maximum_works_and_no_longer_one(patch, positions):
    encoder, decoder = nets((6, 2), patch=patch, positions=positions, max_length=11)
    init, apply = autoencoder(encoder, decoder)
    params = init(jnp.ones((2, 6, 2)))
    for steps in (1, 2, 7, 11):
        assert jax.eval_shape(apply, params, jnp.ones((2, steps, 2)), lengths(steps, 1, most=steps)).shape == (
            2,
            steps,
            2,
        )
    with pytest.raises(ConfigError, match="--max-length: 11 is too short for 12 steps; 12 fits"):
        jax.eval_shape(encoder.apply, params[0], jnp.ones((2, 12, 2)))
    with pytest.raises(ConfigError, match="--max-length: 11 is too short for 12 steps; 12 fits"):
        jax.eval_shape(decoder.apply, params[1], jnp.ones((2, transformer.SLOTS * WIDTH)), jnp.ones((2, 12), bool))


@pytest.mark.long
def test_a_step_is_decoded_alike_in_a_series_of_any_length():
    _, decoder = nets((6, 2), max_length=11, positions="sinusoidal")
    z = jax.random.normal(jax.random.key(0), (2, 3))
    params = shifted(decoder.init(jax.random.key(1), z))
    short, long = (decoder.apply(params, z, jnp.ones((2, steps), bool)) for steps in (4, 11))
    np.testing.assert_allclose(long[:, :4], short, rtol=1e-5, atol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("event", [(6, 2), (4, 4, 1)], ids=str)
def test_overfits_eight_examples(event):
    eight_examples_are_learned_by_heart(*nets(event, width=16), event, steps=300)


@pytest.mark.parametrize(
    ("event", "options", "said"),
    [
        ((5,), {}, r"--net: transformer reads series .* not events of shape \(5,\)"),
        ((0, 2), {}, r"--data: series of shape \(0, 2\) has no entries"),
        ((28, 21, 1), {"patch": 5}, "--patch: 5 does not divide images of 28 × 21; these do: 1 7"),
        ((6, 2), {"heads": 3}, "--heads: 3 does not divide --width 8; these do: 1 2 4 8"),
        ((6, 2), {"max_length": 5}, "--max-length: 5 is too short for series of 6 steps; 0 fits them"),
    ],
)
def test_a_recipe_that_cannot_work_is_refused_in_one_line(event, options, said):
    with pytest.raises(ConfigError, match=said) as error:
        nets(event, **options)
    assert "\n" not in str(error.value)


def test_an_event_or_a_mask_of_another_shape_is_refused():
    encoder, decoder = nets((6, 2))
    image, _ = nets((4, 6, 1))
    for shape in [(2, 5), (3, 6), (2, 6, 2), (2,)]:
        with pytest.raises(ConfigError, match=r"mask: shape .* is \(2, 6\)"):
            encoder.init(jax.random.key(0), jnp.zeros((2, 6, 2)), jnp.ones(shape, bool))
    for shape in [(3, 6), (2, 6, 2), (2,)]:
        with pytest.raises(ConfigError, match="mask: shape"):
            decoder.init(jax.random.key(0), jnp.zeros((2, 3)), jnp.ones(shape, bool))
    for net, shape in [(encoder, (4, 6, 1)), (image, (6, 2)), (image, (6, 4, 1)), (encoder, (5,))]:
        with pytest.raises(ConfigError, match="--net: "):
            net.init(jax.random.key(0), jnp.zeros((2, *shape)))

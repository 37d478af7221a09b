"""The fully connected encoder and decoder against plain matrix products."""

from types import SimpleNamespace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequence_nets import random_parameters

from aelab.errors import ConfigError
from aelab.nets import activations, mlp

EVENTS = pytest.mark.parametrize("event", [(5,), (7, 2), (4, 4, 1)], ids=["vector", "series", "image"])


def layers(params):
    """Kernels and biases in float64, in the order of the layers."""
    ordered = [params[f"Dense_{i}"] for i in range(len(params))]
    return [(np.float64(layer["kernel"]), np.float64(layer["bias"])) for layer in ordered]


def kernel_shapes(net, x):
    params = jax.eval_shape(net.init, jax.random.key(0), x)["params"]
    return [params[f"Dense_{i}"]["kernel"].shape for i in range(len(params))]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("f4")


@EVENTS
def test_the_encoder_is_matrix_products(event):
    net, x = mlp.Encoder((6, 3), activation=jnp.tanh), normal(8, *event)
    variables = random_parameters(net.init, x)
    h = np.float64(x).reshape(8, -1)
    for kernel, bias in layers(variables["params"]):
        h = np.tanh(h @ kernel + bias)
    features = jax.jit(net.apply)(variables, x)
    assert features.shape == (8, 3)
    np.testing.assert_allclose(features, h, rtol=1e-4, atol=1e-5)


@EVENTS
def test_a_shortcut_is_a_linear_way_past_the_hidden_layers(event):
    x, z = normal(8, *event), normal(8, 4, seed=1)
    plain, net = mlp.Encoder((6, 3)), mlp.Encoder((6, 3), shortcut=True)
    variables = random_parameters(net.init, x)
    expected = np.concatenate([plain.apply(variables, x), x.reshape(8, -1)], 1)
    np.testing.assert_array_equal(net.apply(variables, x), expected)
    decoder = mlp.Decoder(event, (5,), activation=jnp.tanh, shortcut=True)
    variables = random_parameters(decoder.init, z)
    (first, inner), (last, outer) = layers(variables["params"])
    expected = np.tanh(z @ first + inner) @ last[:5] + z @ last[5:] + outer
    np.testing.assert_allclose(decoder.apply(variables, z).reshape(8, -1), expected, rtol=1e-4, atol=1e-5)


@EVENTS
def test_the_decoder_is_matrix_products_with_a_linear_end(event):
    net, z = mlp.Decoder(event, (3, 6), activation=jnp.tanh), normal(8, 2)
    variables = random_parameters(net.init, z)
    *hidden, (kernel, bias) = layers(variables["params"])
    h = np.float64(z)
    for inner, inner_bias in hidden:
        h = np.tanh(h @ inner + inner_bias)
    outputs = jax.jit(net.apply)(variables, z)
    assert outputs.shape == (8, *event)
    np.testing.assert_allclose(outputs, (h @ kernel + bias).reshape(8, *event), rtol=1e-4, atol=1e-5)


def test_the_widths_are_those_of_the_layers_and_mirror_each_other():
    assert kernel_shapes(mlp.Encoder(), jnp.zeros((1, 10))) == [(10, 512), (512, 256)]
    assert kernel_shapes(mlp.Decoder((10,)), jnp.zeros((1, 2))) == [(2, 256), (256, 512), (512, 10)]
    config = SimpleNamespace(widths=(7, 5), mirror=True, activation="relu", shortcut=False)
    encoder, decoder = mlp.build(config, (10,), (10,))
    assert kernel_shapes(encoder, jnp.zeros((1, 10))) == [(10, 7), (7, 5)]
    assert kernel_shapes(decoder, jnp.zeros((1, 2))) == [(2, 5), (5, 7), (7, 10)]


def test_without_widths_the_encoder_flattens_and_the_decoder_is_affine():
    x = normal(3, 4, 2)
    features, variables = mlp.Encoder(()).init_with_output(jax.random.key(1), x)
    np.testing.assert_array_equal(features, x.reshape(3, 8))
    assert not variables
    assert kernel_shapes(mlp.Decoder((4, 2), ()), features) == [(8, 8)]


def test_a_code_with_a_grid_is_flattened():
    net, z = mlp.Decoder((5,), (3,)), normal(8, 2, 2, 3)
    variables = random_parameters(net.init, z)
    grid, flat = jax.jit(lambda z: [net.apply(variables, z), net.apply(variables, z.reshape(8, 12))])(z)
    np.testing.assert_array_equal(grid, flat)


def test_padded_inputs_read_as_zero():
    net, x = mlp.Encoder((6, 3)), normal(4, 7, 2)
    mask = np.arange(7) < np.array([[7], [3], [1], [0]])
    variables, exists = random_parameters(net.init, x), mask[..., None]

    @jax.jit
    def evaluate(x, variables, mask):
        def total(x, variables):
            features = net.apply(variables, x, mask=mask)
            return features.sum(), features

        return jax.grad(total, (0, 1), has_aux=True)(x, variables)

    unmasked = jax.jit(lambda x: net.apply(variables, x))
    zeroed = unmasked(np.where(exists, x, np.float32(0)))
    for junk in (0.0, 100.0, np.nan):
        (grad_x, grad_variables), features = evaluate(np.where(exists, x, np.float32(junk)), variables, mask)
        np.testing.assert_allclose(features, zeroed, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(np.asarray(grad_x)[~mask], 0)
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(grad_variables))
    _, features = evaluate(x, variables, np.ones_like(mask))
    np.testing.assert_allclose(features, unmasked(x), rtol=1e-5, atol=1e-6)


def test_the_decoder_gives_every_entry_and_the_steps_of_the_mask():
    net, z = mlp.Decoder((7, 2), (6,)), np.ones((3, 2), "f4")
    variables = random_parameters(net.init, z)
    masks = None, *(np.zeros((3, steps), bool) for steps in (7, 5, 9))
    outputs = jax.jit(lambda z: [net.apply(variables, z, mask=mask) for mask in masks])(z)
    whole, same, shorter, longer = map(np.asarray, outputs)
    np.testing.assert_array_equal(same, whole)
    np.testing.assert_array_equal(shorter, whole[:, :5])
    np.testing.assert_array_equal(longer[:, :7], whole)


@pytest.mark.parametrize("shape", [(4, 8), (3, 7), (4, 7, 2)], ids=str)
def test_a_mask_of_another_shape_is_refused(shape):
    with pytest.raises(ConfigError, match=r"mask: shape .* does not fit .*\(4, 7\)"):
        mlp.Encoder((3,)).init(jax.random.key(0), jnp.zeros((4, 7, 2)), mask=jnp.ones(shape, bool))


def test_rows_do_not_see_each_other():
    encoder, decoder = mlp.Encoder((6, 3)), mlp.Decoder((7, 2), (6,))
    x = normal(4, 7, 2)
    encoder_variables = random_parameters(encoder.init, x)
    decoder_variables = random_parameters(decoder.init, np.ones((4, 3), "f4"))

    @jax.jit
    def nets(x):
        features = encoder.apply(encoder_variables, x)
        return features[0], decoder.apply(decoder_variables, features)[0]

    features, outputs = nets(x)
    x[1:] = 9
    other_features, other_outputs = nets(x)
    np.testing.assert_allclose(other_features, features, rtol=1e-5)
    np.testing.assert_allclose(other_outputs, outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", sorted(activations))
def test_every_activation_of_the_menu_makes_a_net(name):
    x = np.array([[-1.0, 0.0, 2.0]], "f4")
    net = mlp.Encoder((3,), activation=activations[name])
    variables = random_parameters(net.init, x)

    @jax.jit
    def found(x):
        affine = x @ variables["params"]["Dense_0"]["kernel"] + variables["params"]["Dense_0"]["bias"]
        by_flax = x if name == "identity" else getattr(nn, name)(x)
        return activations[name](x), by_flax, net.apply(variables, x), activations[name](affine)

    activated, by_flax, features, by_hand = found(x)
    np.testing.assert_array_equal(activated, by_flax)
    np.testing.assert_allclose(features, by_hand, rtol=1e-5, atol=1e-6)

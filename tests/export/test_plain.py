"""A flat program gives what the function gives, and has none of the operations that others lack."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from exported_models import arguments, expected, functions_of
from jax import lax

from aelab.export.plain import plain
from aelab.nets.convolution import lax_conv_transpose

LACKING = {"platform_index", "pad", "stack", "custom_vjp_call", "custom_jvp_call", "jit", "cond"}


def of(call, *given):
    """What the flat program gives, and the names of its operations."""
    forms = [jax.ShapeDtypeStruct(np.shape(x), np.asarray(x).dtype) for x in given]
    flat = plain(call, forms)
    return flat(*given), {step.primitive.name for step in jax.make_jaxpr(flat)(*forms).jaxpr.eqns}


@pytest.mark.parametrize("config", [(0, 0, 0), (2, 1, 0), (-1, 3, 0), (-1, -2, 0), (0, 0, 2), (1, -2, 1)])
def test_padding_before_behind_and_between(config):
    x = np.arange(12, dtype="f4").reshape(2, 6)
    (found,), names = of(lambda x: lax.pad(x, np.float32(7), [(0, 0, 0), config]), x)
    np.testing.assert_array_equal(found, lax.pad(x, np.float32(7), [(0, 0, 0), config]), strict=True)
    assert not names & LACKING


@pytest.mark.parametrize("space", [(5,), (4, 3)])
def test_a_transposed_convolution_is_one_over_zeros_between(space):
    random = np.random.default_rng(0)
    x, w = random.normal(size=(2, *space, 3)).astype("f4"), random.normal(size=(3,) * len(space) + (3, 4)).astype("f4")

    def call(x):
        return lax_conv_transpose(x, w, 2, [(1, 2)] * len(space))

    (found,), names = of(call, x)
    np.testing.assert_allclose(found, call(x), rtol=1e-5, atol=1e-5)
    assert "conv_general_dilated" in names


def test_calls_are_opened_and_derivatives_left_behind():
    def call(x):
        return jnp.stack([jax.jit(jax.nn.silu)(x), jax.checkpoint(jax.nn.relu)(x)], axis=1)

    x = np.linspace(-2, 2, 6, dtype="f4").reshape(3, 2)
    (found,), names = of(call, x)
    np.testing.assert_allclose(found, call(x), rtol=1e-6)
    assert not names & LACKING


def test_an_axis_is_taken_apart():
    x = np.arange(12, dtype="f4").reshape(2, 3, 2)
    found, names = of(lambda x: tuple(jnp.unstack(x, axis=1)), x)
    np.testing.assert_array_equal(np.stack(found, 1), x)
    assert "unstack" not in names


@pytest.mark.ci
@pytest.mark.parametrize("name", ["encode", "decode"])
def test_a_convolutional_net_is_flat(name):
    function = functions_of("conv", "series")[name]
    given = arguments(function, 3)
    found, names = of(function.call, *given.values())
    np.testing.assert_allclose(found[0], expected(function, given)[0], rtol=1e-5, atol=1e-6)
    assert not names & LACKING

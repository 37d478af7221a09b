"""Layers with gradients by matrix products are those of Flax."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.nets import affine

PAIRS = {
    "dense": (affine.Dense(5), nn.Dense(5)),
    "without bias": (affine.Dense(5, use_bias=False), nn.Dense(5, use_bias=False)),
    "layer norm": (affine.LayerNorm(), nn.LayerNorm()),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("rows", [(7,), (3, 4), (2, 3, 4)])
def test_values_and_gradients_are_flaxs(name, rows):
    mine, theirs = PAIRS[name]
    x = jax.random.normal(jax.random.key(0), (*rows, 6)) * 3 + 1
    params = theirs.init(jax.random.key(1), x)
    jax.tree.map(np.testing.assert_array_equal, mine.init(jax.random.key(1), x), params)
    params = jax.tree.map(lambda leaf: leaf + 0.3, params)

    def outcome(layer):
        return jax.value_and_grad(lambda params, x: jnp.sin(layer.apply(params, x)).sum(), (0, 1))(params, x)

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5), outcome(mine), outcome(theirs))


def test_the_gradient_of_a_bias_is_a_matrix_product():
    """XLA sums long columns slowly on a CPU, and knows a row of ones when it sees one."""

    def total(bias, x):
        return jnp.sin(x + affine.repeated(bias, x.shape[:-1])).sum()

    x = jnp.ones((4096, 32))
    program = jax.jit(jax.grad(total)).lower(jnp.ones(32), x).compile().as_text()
    assert " dot(" in program
    assert "reduce(" not in program

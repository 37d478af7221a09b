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
    x = np.random.default_rng(0).normal(1, 3, (*rows, 6)).astype("f4")
    mine_first, theirs_first = jax.jit(lambda x: [layer.init(jax.random.key(1), x) for layer in (mine, theirs)])(x)
    jax.tree.map(np.testing.assert_array_equal, mine_first, theirs_first)
    params = jax.tree.map(lambda leaf: np.asarray(leaf) + np.float32(0.3), theirs_first)

    def outcome(layer, params, x):
        return jax.value_and_grad(lambda params, x: jnp.sin(layer.apply(params, x)).sum(), (0, 1))(params, x)

    found = jax.jit(lambda params, x: [outcome(layer, params, x) for layer in (mine, theirs)])(params, x)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5), *found)


def test_the_gradient_of_a_bias_is_a_product_on_a_cpu_and_a_sum_elsewhere():
    """XLA sums long columns slowly on a CPU, and knows a row of ones when it sees one. Products elsewhere may round."""

    def total(bias, x):
        return jnp.sin(x + affine.repeated(bias, x.shape[:-1])).sum()

    traced = jax.jit(jax.grad(total)).trace(np.ones(32, "f4"), np.ones((4096, 32), "f4"))
    program = traced.lower(lowering_platforms=("cpu",)).compile().as_text()
    assert " dot(" in program
    assert "reduce(" not in program
    for platform in ("cuda", "tpu"):
        text = traced.lower(lowering_platforms=(platform,)).as_text()
        assert "stablehlo.dot_general" not in text
        assert "stablehlo.reduce(" in text

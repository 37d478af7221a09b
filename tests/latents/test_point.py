"""The plain autoencoder's code alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import distributions, latents


@pytest.mark.parametrize("grid", [(), (7,), (4, 4)], ids=["vector", "series", "image"])
def test_the_code_keeps_the_grid_of_the_features(grid):
    def code(features):
        return latents.Point(2).init_with_output(jax.random.key(1), features)

    q, variables = jax.eval_shape(code, jnp.zeros((3, *grid, 6)))
    assert type(q) is distributions.Point
    assert q.value.shape == (3, *grid, 2)
    assert jax.tree.map(jnp.shape, variables["params"]) == {"code": {"kernel": (6, 2), "bias": (2,)}}


def test_the_code_is_an_affine_map_without_spread():
    features = jax.random.normal(jax.random.key(0), (3, 6))
    kernel, bias = jax.random.normal(jax.random.key(1), (6, 2)), jnp.arange(2.0)
    q = latents.Point(2).apply({"params": {"code": {"kernel": kernel, "bias": bias}}}, features)
    exact = np.float64(features) @ np.float64(kernel) + np.arange(2)
    np.testing.assert_allclose(q.value, exact, rtol=1e-5, atol=1e-5)
    for key in jax.random.split(jax.random.key(2), 2):
        np.testing.assert_array_equal(q.sample(key), q.value)
    np.testing.assert_array_equal(q.mean, q.value)
    np.testing.assert_array_equal(q.mode, q.value)


def test_a_point_has_no_density():
    q, _ = latents.Point(2).init_with_output(jax.random.key(0), jnp.zeros((1, 6)))
    assert not hasattr(q, "log_prob")

"""The Gaussian head alone: two heads in one matmul."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import distributions, latents

KERNEL = "mean_and_log_variance"


@pytest.mark.parametrize("grid", [(), (7,), (4, 4)], ids=["vector", "series", "image"])
def test_the_code_keeps_the_grid_of_the_features(grid):
    def draw(features):
        q, variables = latents.Gaussian(2).init_with_output(jax.random.key(1), features)
        assert type(q) is distributions.Normal
        z = q.sample(jax.random.key(2))
        return q, z, q.log_prob(z), variables

    q, z, log_prob, variables = jax.eval_shape(draw, jnp.zeros((3, *grid, 6)))
    assert q.mean.shape == q.log_variance.shape == z.shape == (3, *grid, 2)
    assert log_prob.shape == (3,)
    assert jax.tree.map(jnp.shape, variables["params"]) == {KERNEL: {"kernel": (6, 4), "bias": (4,)}}


def test_the_two_heads_are_affine_and_share_no_weight():
    features = jax.random.normal(jax.random.key(0), (3, 6))
    kernel, bias = jax.random.normal(jax.random.key(1), (6, 4)), jnp.arange(4.0)
    q = latents.Gaussian(2).apply({"params": {KERNEL: {"kernel": kernel, "bias": bias}}}, features)
    exact = np.float64(features) @ np.float64(kernel) + np.arange(4)
    np.testing.assert_allclose(q.mean, exact[:, :2], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(q.log_variance, exact[:, 2:], rtol=1e-5, atol=1e-5)


def test_each_head_starts_as_a_dense_layer_of_its_own_would():
    features = jnp.zeros((1, 400))
    kernel = latents.Gaussian(50).init(jax.random.key(0), features)["params"][KERNEL]["kernel"]
    for head in jnp.split(kernel, 2, axis=1):
        np.testing.assert_allclose(head.std(), 1 / 400**0.5, rtol=0.03)  # LeCun: fan-in alone
        np.testing.assert_allclose(head.mean(), 0, atol=5 / 400**0.5 / 20_000**0.5)


def test_features_of_zero_give_the_standard_normal():
    q, _ = latents.Gaussian(2).init_with_output(jax.random.key(0), jnp.zeros((1, 6)))
    np.testing.assert_array_equal(q.mean, 0)
    np.testing.assert_array_equal(q.stddev, 1)


def test_places_that_do_not_exist_have_no_rate():
    """There q is the standard normal, whatever the features and the bias."""
    features, bias = jax.random.normal(jax.random.key(0), (2, 5, 6)), jnp.arange(1.0, 5.0)
    params = {"params": {KERNEL: {"kernel": jnp.ones((6, 4)), "bias": bias}}}
    mask = jnp.arange(5) < jnp.array([5, 2])[:, None]
    q, whole = latents.Gaussian(2).apply(params, features, mask), latents.Gaussian(2).apply(params, features)
    rate = np.asarray(distributions.normal_kl_terms(q, distributions.Normal(jnp.zeros(2), jnp.zeros(2))))
    np.testing.assert_array_equal(rate[~mask], 0)
    for masked, plain in zip(q, whole, strict=True):
        np.testing.assert_array_equal(masked[mask], plain[mask])
        np.testing.assert_array_equal(masked[~mask], 0)

"""Codes from noise: draws where the noise is drawn, and modes where it is 0."""

import jax
import jax.numpy as jnp
import numpy as np
import two_layers

from aelab.distributions import Normal
from aelab.latents.noise import from_noise

PRIOR = two_layers.Prior((3, 2))


def prior():
    shapes = jax.eval_shape(PRIOR.init, jax.random.key(0))
    rng = np.random.default_rng(0)
    return PRIOR.apply(jax.tree.map(lambda leaf: rng.normal(size=leaf.shape).astype("f4"), shapes))


def test_of_one_layer_it_is_counted_in_standard_deviations():
    p = Normal(jnp.array([1.0, -2.0]), jnp.log(jnp.array([4.0, 0.25])))
    np.testing.assert_allclose(from_noise(p, jnp.array([[0.0, 0.0], [1.0, -2.0]])), [[1, -2], [3, -3]])


def test_no_noise_is_the_mode_of_each_layer():
    p = prior()
    z = from_noise(p, (jnp.zeros((1, 3)), jnp.zeros((1, 2))))
    np.testing.assert_array_equal(z[1], 0)
    np.testing.assert_allclose(z[0], p.below[0](z[1]).mode, rtol=1e-6)


def test_the_noise_of_a_draw_gives_the_draw_back():
    top = Normal(jnp.array([1.0, -2.0]), jnp.log(jnp.array([4.0, 0.25])))
    p, raised = prior()._replace(top=top), jax.random.normal(jax.random.key(0), (4, 2))
    upper = top.mean + top.stddev * raised
    below = p.below[0](upper)
    lower = below.sample(jax.random.key(1))
    noise = (lower - below.mean) / below.stddev
    found = from_noise(p, (noise, raised))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), found, (lower, upper))

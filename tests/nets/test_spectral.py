"""Spectral normalisation against `numpy.linalg.svd`, and its gradient against that of the exact singular value."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import nets
from aelab.nets import mlp, spectral
from aelab.takes import offers, takes

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(5, 4)).astype("f4")
TURNS = jax.jit(lambda params: jax.lax.fori_loop(0, 2000, lambda _, params: spectral.turned(params), params))


def values(matrix):
    """Singular values of a kernel, the largest first."""
    matrix = np.asarray(matrix, np.float64)
    return np.linalg.svd(matrix.reshape(-1, matrix.shape[-1]), compute_uv=False)


@pytest.fixture(scope="module")
def made():
    """A decoder, and its parameters after many turns; all random, for biases of 0 would hide a mistake."""
    module = nets.Spectral(mlp.Decoder((6,), (5,), jnp.tanh))
    shapes = jax.eval_shape(module.init, jax.random.key(0), Z)["params"]
    params = jax.tree.map(lambda leaf: RNG.normal(size=leaf.shape).astype("f4"), shapes)
    return module, TURNS(params)


def test_the_largest_singular_value_of_every_kernel_is_1():
    """Of a dense layer, a convolution, and what is no matrix."""
    shapes = {"kernel": (5, 4), "bias": (4,), "table": (6, 4), "conv": (3, 3, 2, 4)}
    weights = {name: RNG.normal(size=shape).astype("f4") for name, shape in shapes.items()}
    directions = {"kernel": np.ones(4, "f4"), "conv": np.ones(4, "f4")}
    used = spectral.normalised(weights, TURNS({"weights": weights, "directions": directions})["directions"])
    for name in directions:
        np.testing.assert_allclose(values(used[name])[0], 1, rtol=1e-4, err_msg=name)
        np.testing.assert_allclose(used[name] * values(weights[name])[0], weights[name], rtol=1e-4)
    for name in ("bias", "table"):
        np.testing.assert_array_equal(used[name], weights[name])


def test_it_computes_what_its_net_computes_of_the_divided_kernels(made):
    module, params = made
    own = jax.tree.map(lambda leaf: leaf / values(leaf)[0] if leaf.ndim > 1 else leaf, params["weights"])
    expected = module.net.apply({"params": own}, Z)
    np.testing.assert_allclose(module.apply({"params": params}, Z), expected, rtol=1e-3, atol=1e-4)


def test_its_gradient_is_that_of_the_exact_singular_value():
    matrix, way = RNG.normal(size=(2, 5, 3)).astype("f4")
    params = TURNS({"weights": {"kernel": matrix}, "directions": {"kernel": np.ones(3, "f4")}})

    def through(divided):
        return jax.grad(lambda matrix: (way * divided(matrix)).sum())(matrix)

    ours = through(lambda matrix: spectral.normalised({"kernel": matrix}, params["directions"])["kernel"])
    exact = through(lambda matrix: matrix / jnp.linalg.norm(matrix, 2))
    np.testing.assert_allclose(ours, exact, rtol=1e-3, atol=1e-4)


def test_a_direction_has_no_gradient_and_a_turn_leaves_the_weights(made):
    module, params = made
    slope = jax.jit(jax.grad(lambda params: module.apply({"params": params}, Z).sum()))(params)
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(slope["directions"]))
    assert all((leaf != 0).any() for leaf in jax.tree.leaves(slope["weights"]))
    jax.tree.map(np.testing.assert_array_equal, spectral.turned(params)["weights"], params["weights"])


def test_places_are_no_matrices_and_what_a_net_declares_goes_through():
    config = SimpleNamespace(width=8, depth=1, heads=2, patch=0, positions="learned", max_length=0)
    _, decoder = nets.menu["transformer"](config, (6, 2), (6, 2))
    module = nets.Spectral(decoder)
    params = jax.eval_shape(module.init, jax.random.key(0), Z)["params"]
    assert "positions" in params["weights"]
    assert "positions" not in params["directions"]
    assert (takes(module), offers(module)) == (("mask",), ("recomputing",))
    assert module.recomputing().net.remat

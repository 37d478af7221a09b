"""What is inside a code: flat and back, names that say which number is whose, and ways between codes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import two_layers
from scipy.spatial.transform import Rotation, Slerp

from aelab import latents, nets

RNG = np.random.default_rng(0)


def array(*shape):
    return RNG.normal(size=shape).astype(np.float32)


CODES = {
    "vector": array(4, 3),
    "grid": array(4, 2, 2, 3),
    "layers": (array(4, 3), array(4, 2)),
    "layers on grids": {"fine": array(4, 2, 2, 1), "coarse": (array(4, 2), array(4, 1))},
}
code = pytest.mark.parametrize("z", CODES.values(), ids=CODES)


@code
def test_a_flat_code_holds_every_number_once_and_goes_back(z):
    numbers = latents.flat(z)
    assert numbers.shape == (4, latents.dims(z))
    assert latents.dims(z) == sum(layer[0].size for layer in jax.tree.leaves(z))
    every = np.concatenate([layer.ravel() for layer in jax.tree.leaves(z)])
    np.testing.assert_array_equal(np.sort(numbers.ravel()), np.sort(every))
    shapes = jax.eval_shape(lambda: z)
    jax.tree.map(np.testing.assert_array_equal, latents.like(numbers, shapes), z)
    assert isinstance(numbers, np.ndarray)
    jax.tree.map(np.testing.assert_array_equal, jax.jit(lambda z: latents.like(latents.flat(z), z))(z), z)


@code
def test_flat_codes_may_have_any_axes_of_rows(z):
    numbers = np.stack([latents.flat(z), 2 * latents.flat(z)])
    back = latents.like(numbers, z)
    jax.tree.map(lambda b, a: np.testing.assert_array_equal(b, np.stack([a, 2 * a])), back, z)


@code
def test_a_name_leads_to_its_number(z):
    found = latents.layers(z)
    for row, name in enumerate(latents.names(z)):
        owner = max((layer for layer in found if name.startswith(layer)), key=len)
        place = tuple(int(part) for part in name.removeprefix(owner).strip("_").split("_"))
        np.testing.assert_array_equal(latents.flat(z)[:, row], found[owner][:, *place])
    assert len(set(latents.names(z))) == latents.dims(z)


def test_names_say_layer_row_column_and_channel():
    assert latents.names(CODES["vector"], "codes") == ["codes0", "codes1", "codes2"]
    assert latents.names(CODES["layers"]) == ["z1_0", "z1_1", "z1_2", "z2_0", "z2_1"]
    assert latents.names(CODES["grid"])[:4] == ["z0_0_0", "z0_0_1", "z0_0_2", "z0_1_0"]
    assert list(latents.layers(CODES["layers on grids"])) == ["coarse_z1", "coarse_z2", "fine"]
    assert latents.names(array(2, 1), "codes") == ["codes"]


@code
def test_a_line_is_straight_and_a_row_is_a_row(z):
    share = np.float32([0, 0.25, 1])
    start, end = latents.some(z, [0, 1]), latents.some(z, [2, 3])
    found = latents.interpolate(start, end, share)
    a, b = latents.flat(start)[:, None], latents.flat(end)[:, None]
    straight = latents.like(a + share[:, None] * (b - a), z)
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, atol=1e-6), found, straight)


def test_an_arc_is_the_rotation_between_two_directions():
    """Against SciPy's interpolation of rotations: the way from a to b along the great circle."""
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (array(5, 3), array(5, 3)))
    share = np.float32([0, 0.3, 0.5, 1])
    found = latents.interpolate(a, b, share, spherical=True)
    for row, (start, end) in enumerate(zip(a, b, strict=True)):
        axis = np.cross(start, end)
        angle = np.arctan2(np.linalg.norm(axis), start @ end)
        ends = Rotation.from_rotvec([0 * axis, axis / np.linalg.norm(axis) * angle])
        np.testing.assert_allclose(found[row], Slerp([0, 1], ends)(share).apply(start), atol=1e-5)


@pytest.mark.parametrize("end", [2.0, -1.0, 0.0])
def test_an_arc_between_codes_on_one_line_is_straight(end):
    a = np.float32([[1, 2, 2]])
    share = np.linspace(0, 1, 5, dtype=np.float32)
    found = latents.interpolate(a, end * a, share, spherical=True)
    np.testing.assert_allclose(found, latents.interpolate(a, end * a, share), atol=1e-6)


def test_an_arc_of_layers_is_that_of_the_whole_code():
    z, w = (array(2, 3), array(2, 2)), (array(2, 3), array(2, 2))
    share = np.float32([0.4])
    found = latents.interpolate(z, w, share, spherical=True)
    whole = latents.interpolate(latents.flat(z), latents.flat(w), share, spherical=True)
    np.testing.assert_allclose(np.concatenate(found, -1), whole, rtol=1e-6)


def test_the_shape_of_a_code_with_layers_is_that_of_each():
    encoder = nets.mlp.Encoder((6,))
    assert latents.code_shape(encoder, two_layers.Posterior((3, 2)), (5, 2)) == ((3,), (2,))
    assert latents.code_shape(encoder, latents.Gaussian(3), (5, 2)) == (3,)


def test_a_code_without_a_grid_is_a_vector():
    assert latents.is_vector(CODES["layers"])
    assert latents.is_vector(jnp.zeros((2, 3)))
    assert not latents.is_vector(CODES["layers on grids"])

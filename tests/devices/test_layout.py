"""Arrays split over devices: what each of them makes, what all of them get, and what comes back whole."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.devices import programs
from aelab.devices.layout import Layout
from aelab.runs.digests import leaf_digests

SHAPE = (64, 72)  # large enough to be split


def make(key):
    return {"kernel": jax.random.normal(key, SHAPE), "bias": jnp.ones(3), "step": jnp.int32(7)}


@pytest.fixture(scope="module")
def layout():
    return Layout(programs.mesh_of(jax.devices()[:4]))


@pytest.fixture(scope="module")
def split(layout):
    return layout.made(make, jax.random.key(1))


def test_devices_make_their_parts_of_what_one_device_makes(split):
    assert [shard.data.shape for shard in split["kernel"].addressable_shards] == 4 * [(64, 18)]
    jax.tree.map(np.testing.assert_array_equal, split, jax.jit(make)(jax.random.key(1)))


def test_digests_of_split_arrays_are_those_of_whole_ones(layout, split):
    assert leaf_digests(split, layout.fetched) == leaf_digests(jax.device_get(jax.jit(make)(jax.random.key(1))))


def test_shapes_say_how_arrays_are_split(layout, split):
    for shape, leaf in zip(jax.tree.leaves(layout.shapes(split)), jax.tree.leaves(split), strict=True):
        assert (shape.shape, shape.dtype) == (leaf.shape, leaf.dtype)
        assert shape.sharding.is_equivalent_to(leaf.sharding, leaf.ndim)


def test_all_devices_get_what_is_whole(layout, split):
    """XLA alone would leave the columns of the product where they are."""
    x = np.arange(128.0, dtype=np.float32).reshape(2, 64)
    product = jax.jit(lambda x, kernel: layout.whole(x @ kernel))(x, split["kernel"])
    assert product.is_fully_replicated
    np.testing.assert_allclose(product, x @ np.asarray(split["kernel"]), rtol=1e-4)

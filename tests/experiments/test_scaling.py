"""The projection of speed onto many devices, against what stands in a program and against numbers by hand."""

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import PartitionSpec

from aelab.devices.programs import AXIS, mesh_of
from experiments.bench.scaling import MACHINES, project, sent


def summed(*shapes):
    """A program that adds up arrays over the devices, one after the other."""
    over = lambda arrays: [jax.lax.psum(array, AXIS) for array in arrays]  # noqa: E731
    mapped = jax.shard_map(over, mesh=mesh_of(jax.devices()), in_specs=PartitionSpec(), out_specs=PartitionSpec())
    return jax.jit(mapped).lower([jnp.zeros(shape) for shape in shapes]).as_text()


def test_the_bytes_of_the_one_message_are_read():
    assert sent(summed((12345,))) == 4 * 12345
    with pytest.raises(ValueError, match="too many values"):
        sent(summed((5,), (6,)))


def test_a_ring_sends_almost_twice_what_is_added_up():
    step = {"bytes": 450e9, "operations": 0.4 * 989e12}
    assert project(step, MACHINES["8 × H100"], 0.4) == pytest.approx((1, 2 * 7 / 8))
    step = {"bytes": 200e6, "operations": 197e12}
    assert project(step, MACHINES["256 × TPU v5e"], 0.5) == pytest.approx((2, 1e-3 * 2 * 255 / 256))

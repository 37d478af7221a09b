"""Arrays over the devices of several processes, and programs on them that look as if they ran in this process alone."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from aelab.devices import processes
from aelab.devices.layout import Layout
from aelab.errors import ConfigError

PyTree = Any


class Spanning:
    """A compiled chunk over the devices of several processes. It is given and gives arrays of this process alone.

    With a `layout` the state is split, and stays on the devices of all. All processes call it at the same time, each
    with the rows of a plan that its own devices take.
    """

    def __init__(self, program: Any, mesh: Mesh, split: PartitionSpec, layout: Layout | None = None):
        self._program, self._layout = program, layout
        self._whole, self._split = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, split)
        self._near = self._everywhere = None  # the last state, here and on all devices
        self._compiled: dict[tuple, Callable] = {}  # by the shapes of its arguments

    def run(self, *args: PyTree) -> tuple[PyTree, PyTree]:
        """`(state, resident, plan, keys, hyper) -> (state, metrics)`, as the first device of this process has both."""
        state, metrics = self._compile(args)(*args)
        self._near, self._everywhere = state if self._layout else jax.tree.map(on_first_device, state), state
        return self._near, jax.tree.map(on_first_device, metrics)

    def _compile(self, args: PyTree) -> Callable:
        """The program for arguments of such shapes, once all processes have compiled it: one may find it in its cache,
        and another not."""
        shapes = tuple(leaf.shape for leaf in jax.tree.leaves(args))
        if shapes not in self._compiled:
            self._compiled[shapes] = self._program.lower(*args).compile()
            processes.team().meet()
        return self._compiled[shapes]

    def place_state(self, state: PyTree) -> PyTree:
        """A state that all processes have, on all devices; nothing is sent."""
        if state is self._near:
            return self._everywhere
        sharding_of = self._layout.sharding if self._layout else lambda leaf: self._whole
        return jax.tree.map(lambda leaf: put(sharding_of(leaf), leaf), state)

    def place(self, tree: PyTree) -> PyTree:
        """A tree that all processes have, whole on all devices; nothing is sent."""
        return jax.tree.map(partial(put, self._whole), tree)

    def spread(self, plan: PyTree) -> PyTree:
        """A plan, of which this process has the rows for its own devices."""
        return jax.tree.map(partial(jax.make_array_from_process_local_data, self._split), plan)


def on_first_device(leaf: jax.Array) -> jax.Array:
    return leaf.addressable_data(0)


def put(sharding: NamedSharding, leaf: Any) -> jax.Array:
    """An array that all processes have, laid out over the devices of all. Any thread may do it: nothing is sent.

    One that is laid out over them already stays as it is.
    """
    if isinstance(leaf, jax.Array) and not leaf.is_fully_addressable:
        return leaf
    if isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        wrap = partial(jax.random.wrap_key_data, impl=jax.random.key_impl(leaf))
        return jax.jit(wrap, out_shardings=sharding)(put(sharding, jax.random.key_data(leaf)))
    host = np.asarray(leaf)
    return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])


def choose(mode: str, count: int) -> Literal["jit", "shard_map"]:
    """The way to run over the devices of several processes, all of which are used; `auto` is `jit`.

    Raises:
        ConfigError: it needs a single process, or another number of devices.
    """
    devices, processes = jax.device_count(), jax.process_count()
    if devices != processes * jax.local_device_count():
        raise ConfigError(f"--devices: {processes} processes have {devices} devices; give each as many as the others")
    if mode in ("single", "pmap"):
        raise ConfigError(f"--parallel: {mode} works in one process, and the run has {processes}; use jit or shard_map")
    if count not in (0, devices):
        raise ConfigError(f"--devices: {count} asked for; give the {devices} that the {processes} processes have, or 0")
    return "shard_map" if mode == "shard_map" else "jit"

"""Programs on devices: the only file that uses meshes, pmap and shard_map.

All modes give the same numbers up to the order of a sum. Draws are keyed by the row in the global batch, sums are
reduced over the devices before they are divided once, and rows that only pad the batch have weight 0.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from aelab.devices import spanning, startup
from aelab.devices.layout import Layout, sparing
from aelab.errors import ConfigError

PyTree = Any
Mode = Literal["single", "jit", "pmap", "shard_map"]
AXIS = "device"  # the mesh axis that the rows of a batch are split over
MODEL_AXIS = "model"  # and that of the devices that share rows, and divide layers


class Program(NamedTuple):
    """A compiled chunk of steps and how its arguments are laid out."""

    run: Callable  # (state, resident, plan, keys, hyper) -> (state, metrics); the state is donated
    place_state: Callable[[PyTree], PyTree]  # the state as the program keeps it
    place: Callable[[PyTree], PyTree]  # a copy on every device, for resident set, keys and hyper
    spread: Callable[[PyTree], PyTree]  # the rows of a plan over the devices; may be called from another thread
    layout: Layout | None = None  # how the state is split over the devices; None where each has all of it


def choose_devices(mode: Mode | Literal["auto"], count: int, shards: int = 0) -> tuple[Mode, list[jax.Device]]:
    """The way to run and its devices: `auto` is `single` on a CPU or one device, else `jit` over all; 0 takes all.

    A batch that is cut into `shards` is spread over the cores of a CPU, as far as they are shown as devices.

    Raises:
        ConfigError: more devices than there are.
    """
    devices = jax.devices()  # of all processes of the run
    if count > len(devices):
        here = f"{len(devices)} {devices[0].platform} device{'s' * (len(devices) > 1)}"
        raise ConfigError(f"--devices: {count} asked for; give at most the {here} that this machine has")
    if jax.process_count() > 1:
        return spanning.choose(mode, count), devices
    if mode == "auto" and count == 0 and shards and devices[0].platform == "cpu":
        count = _power_of_two(min(shards, len(devices), startup.cores()))
    if mode == "auto":
        mode = "single" if count == 1 or len(devices) == 1 or (devices[0].platform == "cpu" and count == 0) else "jit"
    if mode == "single":
        if count > 1:
            raise ConfigError("--parallel: single uses one device; choose jit, pmap or shard_map for more")
        return mode, devices[:1]
    return mode, devices[: count or None]


def _power_of_two(most: int) -> int:
    """The largest that is no larger."""
    return 1 << most.bit_length() - 1


def compile_chunk(mode: Mode, devices: list[jax.Device], chunk_for: Callable[[str | None], Callable]) -> Program:
    """The program of a chunk; `chunk_for(axis_name)` makes the pure function, given the axis its sums run over."""
    if mode == "single":
        place = partial(jax.device_put, device=devices[0])
        return Program(jax.jit(chunk_for(None), donate_argnums=0), place, place, place)
    mesh, whole, split = mesh_of(devices), PartitionSpec(), PartitionSpec(None, AXIS)  # a plan is [step, row]
    run = {"jit": _jit, "shard_map": _shard_map, "pmap": _pmap}[mode](mesh, whole, split, chunk_for)
    place, spread = (partial(jax.device_put, device=NamedSharding(mesh, spec)) for spec in (whole, split))
    if jax.process_count() > 1:
        return _spanning(run, mesh)
    if mode == "pmap":  # wants the devices as a leading axis
        spread = partial(jax.tree.map, partial(_by_device, len(devices)))
    return Program(run, place, place, spread)


def compile_split(devices: list[jax.Device], chunk_for: Callable[[str, Layout], Callable], model: int = 1) -> Program:
    """The program of a chunk whose state is split over the devices; each `model` of them take the same rows."""
    mesh = mesh_of(devices, model)
    layout, whole, split = Layout(mesh), NamedSharding(mesh, PartitionSpec()), PartitionSpec(None, AXIS)
    chunk = chunk_for(AXIS, layout)

    def program(state: PyTree, *given: PyTree) -> tuple[PyTree, PyTree]:
        state, metrics = chunk(layout.keep(state), *given)
        return layout.keep(state), jax.lax.with_sharding_constraint(metrics, whole)

    run = jax.jit(program, donate_argnums=0, compiler_options=sparing(devices[0].platform))
    if jax.process_count() > 1:
        return _spanning(run, mesh, layout)
    place, spread = (partial(jax.device_put, device=sharding) for sharding in (whole, NamedSharding(mesh, split)))
    return Program(
        run, lambda state: jax.device_put(state, jax.tree.map(layout.sharding, state)), place, spread, layout
    )


def mesh_of(devices: list[jax.Device], model: int = 1) -> Mesh:
    """The mesh of devices that a batch is spread over; each `model` neighbours divide layers among them."""
    if model > 1:
        grid = np.array(devices).reshape(-1, model)
        return Mesh(grid, (AXIS, MODEL_AXIS), axis_types=(AxisType.Auto, AxisType.Auto))
    if jax.process_count() > 1:  # in the order of `devices`, by which each process knows its rows
        return Mesh(np.array(devices), (AXIS,), axis_types=(AxisType.Auto,))
    return jax.make_mesh((len(devices),), (AXIS,), axis_types=(AxisType.Auto,), devices=devices)


def _spanning(run: Callable, mesh: Mesh, layout: Layout | None = None) -> Program:
    """The program of this process among several."""
    near = spanning.Spanning(run, mesh, PartitionSpec(None, AXIS), layout)
    return Program(near.run, near.place_state, near.place, near.spread, layout)


def compile_each(devices: list[jax.Device], chunk: Callable) -> list[Program]:
    """The program of one run, for each device: calls on different devices compute at the same time."""
    run = jax.jit(chunk, donate_argnums=0)
    places = [partial(jax.device_put, device=device) for device in devices]
    return [Program(run, place, place, place) for place in places]


def compile_batched(devices: list[jax.Device], chunk: Callable) -> Program:
    """The program that trains several runs as one batch.

    Every argument but the resident set has the runs as its leading axis, which is split over the devices.
    """
    mesh = jax.make_mesh((len(devices),), (AXIS,), axis_types=(AxisType.Auto,), devices=devices)
    whole, split = PartitionSpec(), PartitionSpec(AXIS)
    specs = (split, whole, split, split, split)
    batched = jax.vmap(chunk, in_axes=(0, None, 0, 0, 0))
    mapped = jax.shard_map(batched, mesh=mesh, in_specs=specs, out_specs=split, check_vma=False)
    place, spread = (partial(jax.device_put, device=NamedSharding(mesh, spec)) for spec in (whole, split))
    return Program(jax.jit(mapped, donate_argnums=0), spread, place, spread)


def split_members(tree: PyTree) -> list[PyTree]:
    """The members along the leading axis of what a batched program gave, each on its device; waits for nothing."""
    leaves, structure = jax.tree.flatten(tree)
    shards = [sorted(leaf.addressable_shards, key=lambda shard: shard.index[0].start or 0) for leaf in leaves]
    found = []
    for local in zip(*shards, strict=True):
        arrays = [shard.data for shard in local]
        found += [jax.tree.unflatten(structure, _member(arrays, i)) for i in range(len(arrays[0]))]
    return found


_member = jax.jit(lambda arrays, i: [array[i] for array in arrays])


def population_devices(count: int) -> list[jax.Device]:
    """The devices that a population trains on: `count` of them, or all for 0; of virtual CPU devices one a core."""
    devices = jax.local_devices()
    return devices[: count or (startup.cores() if devices[0].platform == "cpu" else None)]


def _jit(mesh, whole, split, chunk_for) -> Callable:
    """One program over the whole batch; XLA cuts it along the rows."""
    layout = [NamedSharding(mesh, spec) for spec in (whole, whole, split, whole, whole)]
    return jax.jit(chunk_for(None), in_shardings=tuple(layout), out_shardings=layout[0], donate_argnums=0)


def _shard_map(mesh, whole, split, chunk_for) -> Callable:
    """One program a device over its rows, sums reduced by name.

    The check of varying axes stays off: with it on, the gradient of a replicated parameter arrives already summed, and
    the reduction of the step multiplies it by the number of devices.
    """
    specs = (whole, whole, split, whole, whole)
    mapped = jax.shard_map(chunk_for(AXIS), mesh=mesh, in_specs=specs, out_specs=whole, check_vma=False)
    return jax.jit(mapped, donate_argnums=0)


def _pmap(mesh, whole, split, chunk_for) -> Callable:
    """The same by pmap."""
    axes = (None, None, 0, None, None)
    return jax.pmap(chunk_for(AXIS), AXIS, in_axes=axes, out_axes=None, devices=list(mesh.devices), donate_argnums=0)


def _by_device(count: int, array: np.ndarray) -> np.ndarray:
    """`[step, row, ...]` to `[device, step, row, ...]`."""
    return np.moveaxis(array.reshape(len(array), count, -1, *array.shape[2:]), 1, 0)


def on_one_device(tree: PyTree) -> PyTree:
    """The tree on a single device, for evaluation; one that is split over devices, or on those of others, stays so."""
    arrays = [leaf for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array)]
    if not all(leaf.is_fully_replicated and leaf.is_fully_addressable for leaf in arrays):
        return tree
    return jax.device_put(tree, jax.local_devices()[0])

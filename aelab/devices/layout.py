"""Arrays split over devices by their shapes: of each large one, every device keeps a part.

A program gathers an array where it is needed, in the forward pass and again in the backward pass, and each device gets
the gradient of its own part alone (Rajbhandari et al. 2020, ZeRO, arXiv:1910.02054, stage 3).
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

PyTree = Any
SMALL = 2**12  # numbers; arrays with fewer are kept whole on every device
WHOLE = PartitionSpec()

# By default XLA computes on a CPU whatever it can early, and forgets what is to be computed again. It would gather all
# arrays at the start and keep them. These settings exist in jaxlib 0.10.
SPARING = {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}
SPARING |= {"xla_disable_hlo_passes": "cse_barrier_expander"}
SPARING_IN = {(0, 10)}


def split_axis(shape: tuple[int, ...], devices: int, taken: int | None = None) -> int | None:
    """The axis along which an array is split: the largest that the devices divide, and that is not `taken`; None for a
    small array."""
    fits = [axis for axis, length in enumerate(shape) if length % devices == 0 and axis != taken]
    if devices == 1 or not fits or np.prod(shape) < SMALL:
        return None
    return max(fits, key=lambda axis: shape[axis])


def model_axis(shape: tuple[int, ...], devices: int) -> int | None:
    """The axis of a matrix along which a layer is split: the larger, of equal ones that of its outputs."""
    if len(shape) != 2:
        return None
    axis = split_axis(shape[::-1], devices)
    return None if axis is None else 1 - axis


class Layout:
    """The parts of arrays over the devices of a mesh. Rows go along its first axis, and layers along a second."""

    def __init__(self, mesh: Mesh):
        self.mesh, (self.axis_name, *second) = mesh, mesh.axis_names
        self.model_name = second[0] if second else None
        self._whole = NamedSharding(mesh, WHOLE)
        self._gather = jax.jit(lambda leaf: leaf, out_shardings=self._whole)

    def spec(self, leaf: Any) -> PartitionSpec:
        """How an array is split."""
        shape, over = np.shape(leaf), self.mesh.shape
        along = model_axis(shape, over[self.model_name]) if self.model_name else None
        rows = split_axis(shape, over[self.axis_name], along)
        names: list[str | None] = [None] * len(shape)
        for axis, name in ((along, self.model_name), (rows, self.axis_name)):
            if axis is not None:
                names[axis] = name
        while names and names[-1] is None:
            names.pop()
        return PartitionSpec(*names)

    def over_rows(self, leaf: Any) -> PartitionSpec:
        """How it is split along the axis that rows go along."""
        return PartitionSpec(*(name if name == self.axis_name else None for name in self.spec(leaf)))

    def sharding(self, leaf: Any) -> NamedSharding:
        return NamedSharding(self.mesh, self.spec(leaf))

    def shapes(self, tree: PyTree) -> PyTree:
        """Shape and type of every array of a tree, and how it is split."""
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=self.sharding(x)), tree)

    def made(self, make: Callable[..., PyTree], *given: PyTree) -> PyTree:
        """`make(*given)`, of which each device computes its part."""
        shardings = jax.tree.map(self.sharding, jax.eval_shape(make, *given))
        return jax.jit(make, out_shardings=shardings)(*given)

    def keep(self, tree: PyTree) -> PyTree:
        """Inside a program: each device keeps its part of every array of a tree."""
        return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, self.sharding(leaf)), tree)

    def whole(self, tree: PyTree) -> PyTree:
        """Inside a program: every device has all of each array of a tree."""
        return jax.lax.with_sharding_constraint(tree, self._whole)

    def fetched(self, leaf: Any) -> np.ndarray:
        """All of an array, in the memory of this process. Of one that is split over processes, all must ask for it."""
        if not isinstance(leaf, jax.Array) or leaf.is_fully_addressable:
            return np.asarray(leaf)
        return np.asarray((leaf if leaf.is_fully_replicated else self._gather(leaf)).addressable_data(0))

    def on_each(self, do: Callable, split: PyTree, whole: PyTree, rows: PyTree, out_specs: PyTree) -> PyTree:
        """Inside a program: `do(parts, whole, rows of a device)` on every device."""
        specs = (jax.tree.map(self.over_rows, split), WHOLE, PartitionSpec(self.axis_name))
        mapped = jax.shard_map(
            do, mesh=self.mesh, in_specs=specs, out_specs=out_specs, axis_names={self.axis_name}, check_vma=False
        )
        return mapped(split, whole, rows)

    def gathering(self, specs: PyTree) -> Callable[[Callable], Callable]:
        """`jax.value_and_grad(loss, has_aux=True)` for a device that has parts of what the loss wants whole.

        Whole arrays are not kept for the backward pass. The gradient of what is split is the sum over all devices.
        """

        def gather(spec: PartitionSpec, part: jax.Array) -> jax.Array:
            if self.axis_name not in spec:
                return part
            return jax.lax.all_gather(part, self.axis_name, axis=spec.index(self.axis_name), tiled=True)

        def gradient(loss: Callable) -> Callable:
            whole = jax.checkpoint(lambda parts: loss(jax.tree.map(gather, specs, parts)), policy=_not_gathered)
            return jax.value_and_grad(whole, has_aux=True)

        return gradient


def _not_gathered(primitive: Any, *_: Any, **__: Any) -> bool:
    """Whether what an operation gives is kept for the backward pass."""
    return str(primitive) != "all_gather"


def sparing(platform: str) -> dict[str, str] | None:
    """Options of the compiler by which a program gathers late and keeps nothing that it gathers again."""
    return SPARING if platform == "cpu" and jax.version.__version_info__[:2] in SPARING_IN else None

"""Virtual shards: the sums of a step in an order that no number of devices changes, so that its bits are equal on all.

A batch is always cut into the same parts of equal shape, as many as a power of two. A device computes its own parts one
after the other, and adds them in pairs: (0 + 1) + (2 + 3) and so on. So what it finds is a branch of one tree of sums,
whatever number of devices have a share of it. All devices are told the branches of all, and each finishes the tree.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from aelab.training.state import PyTree

BUCKET = 4 << 20  # numbers of each device that are gathered at once: 16 MiB a device

apart = jax.lax.optimization_barrier  # XLA simplifies what stands before it without a look at what stands behind it


def in_shards(values: Callable[..., PyTree], given: PyTree, rows: PyTree, shards: int, axis_name: str | None) -> PyTree:
    """`values(given, rows of a part)`, added up over the parts of a batch on all devices of `axis_name`.

    `rows` are those of this device. Numbers of one type are added as one vector, which is gathered once. The first
    array of `given` is a number of at least 0, as the step is: see `in_turn`.
    """
    parts = _parts(rows, shards, axis_name)
    shapes = jax.eval_shape(values, given, jax.tree.map(lambda leaf: leaf[0], parts))
    zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    mixed = len({leaf.dtype for leaf in jax.tree.leaves(shapes)}) > 1
    nothing, tree_of = (zeros, lambda tree: tree) if mixed else ravel_pytree(zeros)

    def of(rows: PyTree) -> PyTree:
        found = values(*apart((given, rows)))
        return apart(found if mixed else ravel_pytree(found)[0])

    found = apart(in_pairs(partial(in_turn, of, _one(given)), parts, nothing))
    return tree_of(apart(found if axis_name is None else jax.tree.map(lambda own: over_devices(own, axis_name), found)))


def rows_of_all(values: Callable[..., PyTree], given: PyTree, rows: PyTree, shards: int, axis_name: str | None):
    """What `values(given, rows of a part)` gives for each row, as the rows of the whole batch."""

    def of(part: PyTree) -> PyTree:
        return apart(values(*apart((given, part))))

    found = in_turn(of, _one(given), _parts(rows, shards, axis_name))
    found = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), found)
    return apart(found if axis_name is None else jax.lax.all_gather(apart(found), axis_name, tiled=True))


def rows_of_device(whole: PyTree, rows: PyTree, axis_name: str | None) -> PyTree:
    """Of arrays with a row for each of the whole batch, the rows of this device, which has `rows`."""
    if axis_name is None:
        return whole
    own = len(jax.tree.leaves(rows)[0])
    start = own * jax.lax.axis_index(axis_name)
    return jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, start, own), whole)


def _parts(rows: PyTree, shards: int, axis_name: str | None) -> PyTree:
    """The rows of a device as those of its parts, `[part, row, ...]`."""
    own = shards // (1 if axis_name is None else jax.lax.axis_size(axis_name))
    return jax.tree.map(lambda leaf: leaf.reshape(own, -1, *leaf.shape[1:]), rows)


def _one(given: PyTree) -> Array:
    """The number 1, which XLA cannot tell: it does not know that a step is never below 0."""
    return 1 + (jax.tree.leaves(given)[0] < 0).astype(jnp.int32)


def in_turn(values: Callable[[PyTree], PyTree], one: Array, parts: PyTree) -> PyTree:
    """`jax.lax.map(values, parts)`, which stays a loop where there is one part.

    XLA puts the body of a loop that has one turn among what stands around it, and then computes it in another way.
    """
    if len(jax.tree.leaves(parts)[0]) > 1:
        return jax.lax.map(values, parts)
    twice = jax.tree.map(lambda leaf: jnp.concatenate([leaf, leaf]), parts)  # so that turns look different
    shapes = jax.eval_shape(values, jax.tree.map(lambda leaf: leaf[0], parts))
    nothing = jax.tree.map(lambda leaf: jnp.zeros((1, *leaf.shape), leaf.dtype), shapes)

    def turn(i: Array, found: PyTree) -> PyTree:
        part = jax.tree.map(lambda leaf: jax.lax.dynamic_index_in_dim(leaf, i, keepdims=False), twice)
        return jax.tree.map(lambda leaf: leaf[None], values(part))

    return jax.lax.fori_loop(0, one, turn, nothing)


def in_pairs(in_turn: Callable[[PyTree], PyTree], parts: PyTree, nothing: PyTree) -> PyTree:
    """What `in_turn(parts)` gives for 2ᵏ parts, added up in pairs; `nothing` has the form of the sum.

    Only k + 1 sums are kept at a time. The first pairs are kept whole before they are added: if a part were added while
    it is computed, its last product and the sum would be rounded once in place of twice.
    """
    count = len(jax.tree.leaves(parts)[0])
    if count == 1:
        return jax.tree.map(lambda rows: rows[0], in_turn(parts))
    if count == 2:
        return jax.tree.map(lambda pair: pair[0] + pair[1], in_turn(parts))
    halves = jax.tree.map(lambda leaf: leaf.reshape(2, -1, *leaf.shape[1:]), parts)

    def add(carry: tuple, half: PyTree) -> tuple[tuple, None]:
        (first, total), found = carry, in_pairs(in_turn, half, nothing)
        return (False, jax.tree.map(lambda old, new: jnp.where(first, new, old + new), total, found)), None

    return jax.lax.scan(add, (True, nothing), halves)[0][1]


def over_devices(own: Array, axis_name: str) -> Array:
    """The sum of an array over devices, in pairs in their order; a large one is gathered in buckets."""
    if own.size <= BUCKET:
        return _paired(jax.lax.all_gather(own, axis_name))
    flat = jnp.pad(own.ravel(), (0, -own.size % BUCKET)).reshape(-1, BUCKET)
    found = jax.lax.map(lambda bucket: _paired(jax.lax.all_gather(bucket, axis_name)), flat)
    return found.ravel()[: own.size].reshape(own.shape)


def _paired(rows: Array) -> Array:
    """The sum of 2ᵏ rows, in pairs."""
    half = len(rows) // 2
    return _paired(rows[:half]) + _paired(rows[half:]) if half else rows[0]


def value_and_grad_apart(loss: Callable) -> Callable:
    """`jax.value_and_grad(loss, has_aux=True)` with the forward pass kept apart from the backward pass.

    For several devices XLA merges equal operations before it simplifies them, for one device behind that. So the
    divisor of a softmax, which both passes need, stays a divisor or becomes a factor, and bits differ.
    """

    def both(params: PyTree):
        total, back, aux = jax.vjp(loss, params, has_aux=True)
        total, back, aux = apart((total, back, aux))
        (grads,) = back(jnp.ones_like(total))
        return (total, aux), grads

    return both

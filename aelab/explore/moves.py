"""What only moves numbers: NumPy's own functions, of known arrays and as walks through a buffer.

NumPy answers most of them by a view, an array with other strides into the same memory. Those strides are what the page
needs to walk in the same way.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from aelab.explore.programs import Program, Value, contiguous


def _broadcast_in_dim(x, *, shape, broadcast_dimensions, **_):
    sizes = [1] * len(shape)
    for axis, size in zip(broadcast_dimensions, x.shape, strict=True):
        sizes[axis] = size
    return [np.broadcast_to(x.reshape(sizes), shape)]


def _slice(x, *, start_indices, limit_indices, strides, **_):
    steps = strides or (1,) * x.ndim
    return [x[tuple(map(slice, start_indices, limit_indices, steps))]]


def _split(x, *, sizes, axis, **_):
    return np.split(x, np.cumsum(sizes)[:-1], axis)


VIEWS: dict[str, Callable[..., Sequence[np.ndarray]]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "expand_dims": lambda x, *, dimensions, **_: [np.expand_dims(x, dimensions)],
    "reshape": lambda x, *, new_sizes, **_: [x.reshape(new_sizes)],
    "rev": lambda x, *, dimensions, **_: [np.flip(x, dimensions)],
    "slice": _slice,
    "split": _split,
    "squeeze": lambda x, *, dimensions, **_: [np.squeeze(x, dimensions)],
    "transpose": lambda x, *, permutation, **_: [x.transpose(permutation)],
}


def view(program: Program, name: str, value: Value, params: dict[str, Any]) -> list[Value]:
    """The operations of one of `VIEWS`."""
    value = program.spread(value)
    x = np.empty(value.shape, np.float32)  # never read: only where its views point to matters
    found = []
    for y in VIEWS[name](x, **params):
        start = (y.__array_interface__["data"][0] - x.__array_interface__["data"][0]) // x.itemsize
        found.append(program.view(value, y.shape, tuple(step // x.itemsize for step in y.strides), start))
    return found


def concatenate(program: Program, pieces: list[Value], *, dimension: int) -> Value:
    """Arrays side by side along an axis."""
    sizes = [piece.shape[dimension] for piece in pieces]
    shape = (*pieces[0].shape[:dimension], sum(sizes), *pieces[0].shape[dimension + 1 :])
    steps, starts = contiguous(shape), np.cumsum([0, *sizes[:-1]])
    walks = [
        {"shape": piece.shape, "strides": steps, "offset": int(start) * steps[dimension]}
        for piece, start in zip(pieces, starts, strict=True)
    ]
    return program.write("place", [program.spread(piece) for piece in pieces], shape, fill=0.0, walks=walks)


def stack(program: Program, pieces: list[Value], *, axis: int) -> Value:
    """Arrays side by side along a new axis."""
    wide = [Value(p.buffer, (*p.shape[:axis], 1, *p.shape[axis:])) for p in map(program.spread, pieces)]
    return concatenate(program, wide, dimension=axis)


def pad(program: Program, value: Value, fill: float, padding: Sequence[tuple[int, int, int]]) -> Value:
    """`fill` around an array and between its entries; a negative number on a side cuts off as many."""
    crop = {
        "start_indices": [max(0, -low) for low, _, _ in padding],
        "limit_indices": [size + min(0, high) for size, (_, high, _) in zip(value.shape, padding, strict=True)],
        "strides": None,
    }
    if any(inner and (low < 0 or high < 0) for low, high, inner in padding):
        raise NotImplementedError("pad that cuts off and spreads out")
    value = view(program, "slice", value, crop)[0]
    shape = tuple(
        size + max(0, low) + max(0, high) + inner * max(0, size - 1)
        for size, (low, high, inner) in zip(value.shape, padding, strict=True)
    )
    if shape == value.shape:
        return value
    steps = contiguous(shape)
    strides = [step * (inner + 1) for step, (_, _, inner) in zip(steps, padding, strict=True)]
    offset = sum(step * max(0, low) for step, (low, _, _) in zip(steps, padding, strict=True))
    walk = {"shape": value.shape, "strides": strides, "offset": offset}
    return program.write("place", [value], shape, fill=fill, walks=[walk])

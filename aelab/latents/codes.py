"""What is inside a code: the only place that knows it.

A code z is an array `[batch, *grid, channel]`, or a tuple or dict of such arrays, one for each layer. Who wants plain
numbers takes `flat(z)`, and `like` turns them back into a code.
"""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

Code = Any  # a tree of arrays [batch, *grid, channel]
Form = Any  # a code, or the shapes of one, of any number of rows


def flat(z: Code) -> Any:
    """All numbers of each code in a row, `[batch, number]`: layer after layer, each in the order of its axes.

    Of numpy's arrays it makes one of numpy's.
    """
    rows = [layer.reshape(len(layer), _numbers(layer)) for layer in jax.tree.leaves(z)]
    if len(rows) == 1:
        return rows[0]
    return (np if all(isinstance(row, np.ndarray) for row in rows) else jnp).concatenate(rows, 1)


def like(numbers: Any, form: Form) -> Code:
    """Codes of this form out of flat ones, `[*rows, number]`: the inverse of `flat`."""
    layers, structure = jax.tree.flatten(form)
    ends = np.cumsum([_numbers(layer) for layer in layers])
    rows = numbers.shape[:-1]
    found = [
        numbers[..., end - _numbers(layer) : end].reshape(*rows, *layer.shape[1:])
        for layer, end in zip(layers, ends, strict=True)
    ]
    return jax.tree.unflatten(structure, found)


def dims(form: Form) -> int:
    """How many numbers a code has."""
    return sum(_numbers(layer) for layer in jax.tree.leaves(form))


def names(form: Form, name: str = "z") -> list[str]:
    """What each number of a flat code is called, so that its layer and its place can be told.

    A vector called z has z0, z1, …; a grid has z0_0_2 (row, column, channel). Layers are called as `layers` calls them,
    so z1_0 is the first number of layer 1. A code of one number is called z.
    """
    if dims(form) == 1:
        return list(layers(form, name))
    return [
        layer + ("" if layer == name else "_") + "_".join(map(str, place))
        for layer, array in layers(form, name).items()
        for place in np.ndindex(array.shape[1:])
    ]


def layers(form: Form, name: str = "z") -> dict[str, Any]:
    """The arrays of a code by name: one array is called `name`, those of a tuple z1, z2, …, those of a dict by key."""
    return {_path(path) or name: array for path, array in jax.tree.leaves_with_path(form)}


def is_vector(form: Form) -> bool:
    """Whether no layer of a code has a grid: each is `[batch, channel]`."""
    return all(len(layer.shape) == 2 for layer in jax.tree.leaves(form))


def some(z: Code, rows: slice | Sequence[int] | np.ndarray) -> Code:
    """The codes of these rows."""
    return jax.tree.map(lambda layer: layer[rows], z)


def interpolate(start: Code, end: Code, share: Float[np.ndarray, "step"], *, spherical: bool = False) -> Code:
    """Codes on the way from each row of `start` to the same row of `end`, at each `share` of it: `[row, step, *code]`.

    The way is straight, (1 − t) a + t b. A spherical one is the arc of White 2016 (arXiv:1609.04468, section 2.1), on
    which the length of a code changes as little as it can: (sin((1 − t) ω) a + sin(t ω) b) / sin ω, with ω the angle
    between both. It is straight where they point the same way or opposite ones.
    """
    if spherical:
        return like(_arc(np.asarray(flat(start)), np.asarray(flat(end)), share), start)

    def line(a, b):
        t = share.reshape(-1, *(1,) * (a.ndim - 1))
        return (1 - t) * a[:, None] + t * b[:, None]

    return jax.tree.map(line, start, end)


def _arc(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    t, lengths = share[:, None], np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = (a * b).sum(1) / np.where(lengths > 0, lengths, 1)
    angle = np.arccos(np.clip(cosine, -1, 1))[:, None, None]
    sine = np.sin(angle)
    bent = (lengths[:, None, None] > 0) & (sine > 1e-4)  # else the quotient below is 0/0
    from_start = np.where(bent, np.sin((1 - t) * angle) / np.where(bent, sine, 1), 1 - t)
    from_end = np.where(bent, np.sin(t * angle) / np.where(bent, sine, 1), t)
    return (from_start * a[:, None] + from_end * b[:, None]).astype(a.dtype)


def _numbers(layer: Any) -> int:
    return math.prod(layer.shape[1:])


def _path(path: Sequence[Any]) -> str:
    """`z1` for the first of a tuple, the key of a dict, the name of a field; layers inside layers are joined by `_`."""
    keys = [f"z{key.idx + 1}" if isinstance(key, jax.tree_util.SequenceKey) else key for key in path]
    return "_".join(str(getattr(key, "key", getattr(key, "name", key))) for key in keys)

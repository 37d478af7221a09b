"""A program for the page: a list of operations on flat buffers of float32, and the constants that they read.

A buffer has a number and a size, and no shape: an operation says itself how it walks through one. Truth values and
whole numbers are float32 too. `interpreter.js` runs a program.
"""

from typing import Any, NamedTuple

import numpy as np

from aelab.explore.weights import Weights


class Value(NamedTuple):
    """A buffer seen in a shape; several values may share one buffer."""

    buffer: int
    shape: tuple[int, ...]


class Program:
    """Operations in the order in which they run, written one after the other. Programs share one store of weights."""

    def __init__(self, weights: Weights):
        self.weights = weights
        self.sizes: list[int] = []  # floats of each buffer
        self.constants: dict[int, int] = {}  # which weight a buffer is filled with
        self.operations: list[dict[str, Any]] = []
        self.inputs: list[int] = []
        self.outputs: list[int] = []

    def buffer(self, shape: tuple[int, ...]) -> Value:
        """A new buffer for an array of this shape."""
        self.sizes.append(int(np.prod(shape, dtype=np.int64)))
        return Value(len(self.sizes) - 1, shape)

    def input(self, shape: tuple[int, ...]) -> Value:
        """A buffer that is filled before the program runs; the order of the calls is that of the inputs."""
        value = self.buffer(shape)
        self.inputs.append(value.buffer)
        return value

    def write(self, name: str, inputs: list[Value], of: tuple[int, ...], **how: Any) -> Value:
        """One operation more, with a buffer of its own for what it gives, an array `of` this shape."""
        out = self.buffer(of)
        self.operations.append({"op": name, "in": [value.buffer for value in inputs], "out": [out.buffer], **how})
        return out

    def view(self, value: Value, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Value:
        """`out[i, j, …] = value[offset + i strides₀ + j strides₁ + …]`; no operation where nothing moves."""
        walk = [(size, stride) for size, stride in zip(shape, strides, strict=True) if size != 1]
        sizes, steps = tuple(size for size, _ in walk), tuple(step for _, step in walk)
        if offset == 0 and np.prod(sizes, dtype=np.int64) == self.sizes[value.buffer] and steps == contiguous(sizes):
            return Value(value.buffer, shape)
        return self.write("view", [value], shape, shape=sizes, strides=steps, offset=offset)

    def constant(self, array: np.ndarray) -> Value:
        """What is known before the program runs. Of axes along which nothing changes, one entry is stored."""
        array, stored = np.asarray(array, np.float32), np.asarray(array, np.float32)
        for axis, size in enumerate(array.shape):
            first = stored[(slice(None),) * axis + (slice(0, 1),)]
            if size > 1 and np.array_equal(np.broadcast_to(first, stored.shape), stored, equal_nan=True):
                stored = first
        value = self.buffer(stored.shape)
        self.constants[value.buffer] = self.weights.add(stored)
        if stored.size in (1, array.size):  # one number meets an array of any shape
            return Value(value.buffer, array.shape)
        steps = zip(contiguous(stored.shape), stored.shape, array.shape, strict=True)
        return self.view(value, array.shape, tuple(step * (size == whole) for step, size, whole in steps), 0)

    def spread(self, value: Value) -> Value:
        """The same where every entry has a place of its own: one stored number becomes a whole array."""
        if self.sizes[value.buffer] == np.prod(value.shape, dtype=np.int64):
            return value
        return self.view(value, value.shape, (0,) * len(value.shape), 0)

    def as_json(self) -> dict[str, Any]:
        """What the page holds of it, without operations and constants that no output depends on."""
        needed, kept = {*self.inputs, *self.outputs}, []
        for operation in reversed(self.operations):
            if needed & set(operation["out"]):
                kept.append(operation)
                needed |= {*operation["in"], *operation["out"]}
        return {
            "sizes": [size if buffer in needed else 0 for buffer, size in enumerate(self.sizes)],
            "constants": [[buffer, weight] for buffer, weight in self.constants.items() if buffer in needed],
            "inputs": self.inputs,
            "outputs": self.outputs,
            "operations": kept[::-1],
        }


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """How far apart neighbours along each axis are, where rows follow each other."""
    steps = np.cumprod((1, *shape[:0:-1]), dtype=np.int64)[::-1] if shape else ()
    return tuple(int(step) for step in steps)

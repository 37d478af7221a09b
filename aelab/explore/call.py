"""One equation of a traced function, and its arguments as the page holds them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from aelab.explore import moves
from aelab.explore.programs import Program, Value

Argument = np.ndarray | Value  # known before the program runs, or a buffer


class Call(NamedTuple):
    """A primitive of JAX with what it is given; `shape` and `dtype` are those of its first result."""

    program: Program
    name: str
    arguments: Sequence[Argument]
    params: dict[str, Any]
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def values(self) -> list[Value]:
        """The arguments as buffers."""
        return [value(self.program, argument) for argument in self.arguments]

    @property
    def fitted(self) -> list[Value]:
        """The arguments of an elementwise operation: each is one number, or as many as the result has."""
        return [_fitted(self.program, found, self.shape) for found in self.values]

    def write(self, name: str, inputs: Sequence[Value], **how: Any) -> Value:
        """One operation that gives the result."""
        return self.program.write(name, list(inputs), self.shape, **how)


def value(program: Program, argument: Argument) -> Value:
    """An argument as a buffer."""
    return argument if isinstance(argument, Value) else program.constant(argument)


def transposed(program: Program, argument: Argument, axes: Sequence[int]) -> Value:
    """With the axes in this order, every entry in a place of its own. What is known is turned now."""
    if isinstance(argument, Value):
        return program.spread(moves.view(program, "transpose", argument, {"permutation": tuple(axes)})[0])
    return program.spread(program.constant(argument.transpose(axes)))


def _fitted(program: Program, found: Value, shape: tuple[int, ...]) -> Value:
    if program.sizes[found.buffer] == 1 or found.shape == shape:
        return found
    axes = tuple(range(len(shape) - len(found.shape), len(shape)))
    return moves.view(program, "broadcast_in_dim", found, {"shape": shape, "broadcast_dimensions": axes})[0]

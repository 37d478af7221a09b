"""Floating-point operations of a program, counted from what JAX traced."""

import math
from collections.abc import Callable
from typing import Any

import jax


def matmul_flops(function: Callable, *args: Any) -> float:
    """Multiplications and additions of all matrix products in `function(*args)`: 2 · m · k · n each; loops in full.

    Everything else is left out, as in the count of a measured matmul rate: also products with a single vector or of
    two, for sums and their gradients are written as products with ones. `args` may be shapes alone.
    """
    return _flops(jax.make_jaxpr(function)(*args).jaxpr)


def _flops(jaxpr) -> float:
    return sum(_equation(equation) for equation in jaxpr.eqns)


def _equation(equation) -> float:
    if equation.primitive.name == "dot_general":
        return _product(*(operand.aval.shape for operand in equation.invars), *equation.params["dimension_numbers"])
    if equation.primitive.name in ("conv_general_dilated", "while"):
        raise NotImplementedError(f"{equation.primitive.name}: how often it runs, or what it costs, is not stated")
    if equation.primitive.name == "platform_index":
        return 0.0
    if equation.primitive.name == "cond":  # of `platform_dependent`: all branches compute the same
        return min(map(_branch, equation.params["branches"]))
    times = equation.params["length"] if equation.primitive.name == "scan" else 1
    return times * sum(_flops(inner) for inner in _inner(equation.params))


def _product(left, right, contracted, batched) -> float:
    rows, columns = (
        math.prod(size for axis, size in enumerate(shape) if axis not in (*over, *along))
        for shape, over, along in zip((left, right), contracted, batched, strict=True)
    )
    if 1 in (rows, columns, math.prod(left[axis] for axis in contracted[0])):
        return 0.0
    return 2.0 * math.prod(left) * columns


def _branch(branch) -> float:
    try:
        return _flops(branch.jaxpr)
    except NotImplementedError:
        return math.inf


def _inner(params: dict):
    for value in params.values():
        if hasattr(value, "eqns"):
            yield value
        elif hasattr(value, "jaxpr"):
            yield value.jaxpr

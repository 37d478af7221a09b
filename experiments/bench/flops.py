"""Floating-point operations of a program, counted from what JAX traced."""

import math
from collections.abc import Callable
from typing import Any

import jax


def matmul_flops(function: Callable, *args: Any) -> float:
    """Multiplications and additions of all matrix products in `function(*args)`: 2 · m · k · n each; loops in full.

    Everything else is left out, as in the count of a measured matmul rate. `args` may be shapes alone.
    """
    return _flops(jax.make_jaxpr(function)(*args).jaxpr)


def _flops(jaxpr) -> float:
    return sum(_equation(equation) for equation in jaxpr.eqns)


def _equation(equation) -> float:
    if equation.primitive.name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        left = equation.invars[0].aval.shape
        return 2.0 * math.prod(equation.outvars[0].aval.shape) * math.prod(left[axis] for axis in contracted)
    if equation.primitive.name in ("conv_general_dilated", "while"):
        raise NotImplementedError(f"{equation.primitive.name}: how often it runs, or what it costs, is not stated")
    if equation.primitive.name == "platform_index":
        return 0.0
    if equation.primitive.name == "cond":  # of `platform_dependent`: all branches compute the same
        return min(map(_branch, equation.params["branches"]))
    times = equation.params["length"] if equation.primitive.name == "scan" else 1
    return times * sum(_flops(inner) for inner in _inner(equation.params))


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

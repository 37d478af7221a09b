"""From a function of JAX to a program of the page.

The function is traced once. What depends on no input is computed now, functions inside it are written out in place, and
what is left becomes operations.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from aelab.errors import ConfigError
from aelab.explore import moves, operations
from aelab.explore.call import Argument, Call, value
from aelab.explore.programs import Program, Value
from aelab.explore.weights import Weights

INSIDE = {"jit": "jaxpr", "pjit": "jaxpr", "checkpoint": "jaxpr", "remat2": "jaxpr", "closed_call": "call_jaxpr"} | {
    "core_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr",
}  # fmt: skip


def program_of(function: Callable, inputs: Sequence[jax.ShapeDtypeStruct], weights: Weights) -> Program:
    """A program whose inputs and outputs are those of `function`, which gives a tuple of arrays.

    Its constants go into `weights`.

    Raises:
        ConfigError: the page has no operation for something that the function computes.
    """
    traced, program = jax.make_jaxpr(function)(*inputs), Program(weights)
    found = follow(program, traced.jaxpr, traced.consts, [program.input(given.shape) for given in inputs])
    if missing := first_missing(found):
        raise ConfigError(
            f"{missing.name}: the page has no such operation of JAX, and this model needs it; explore a run with "
            "another net or another kind of code"
        )
    program.outputs = [own(program, argument) for argument in found]
    return program


class Missing(NamedTuple):
    """What stands for a result that the page cannot compute. Only if an output depends on it, that is an error."""

    name: str


def first_missing(found: Sequence[Any]) -> Missing | None:
    """The first of some results that the page cannot compute, None where it can compute all."""
    return next((result for result in found if isinstance(result, Missing)), None)


def own(program: Program, argument: Argument) -> int:
    """The buffer of a result, one that is no input."""
    found = program.spread(value(program, argument))
    return program.write("copy", [found], found.shape).buffer if found.buffer in program.inputs else found.buffer


def follow(program: Program, jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    """Write the equations of a traced function, one after the other; gives its results."""
    known = dict(zip(jaxpr.constvars, map(np.asarray, constants), strict=True))
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(variable) -> Argument | Missing:
        return np.asarray(variable.val) if hasattr(variable, "val") else known[variable]

    for equation in jaxpr.eqns:
        results = results_of(program, equation, [read(variable) for variable in equation.invars])
        known |= dict(zip(equation.outvars, results, strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def results_of(program: Program, equation: Any, arguments: list[Any]) -> Sequence[Argument | Missing]:
    """The results of one equation: computed, written out, or as operations; or that they are missing."""
    name, params = equation.primitive.name, equation.params
    if name == "platform_index":  # where a net has one form for a CPU and one for all else, the page takes the latter
        platforms = list(params["platforms"])
        return [np.asarray(platforms.index(None) if None in platforms else 0)]
    if name in INSIDE:
        inner = params[INSIDE[name]]
        return follow(program, getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), arguments)
    if missing := first_missing(arguments):
        return [missing] * len(equation.outvars)
    if name == "cond" and not isinstance(arguments[0], Value):
        branch = params["branches"][int(arguments[0])]
        return follow(program, branch.jaxpr, branch.consts, arguments[1:])
    if not any(isinstance(argument, Value) for argument in arguments):
        return computed(equation, arguments)
    first = equation.outvars[0].aval
    try:
        if name == "scan":
            return scan(program, arguments, params)
        return operations.write(Call(program, name, arguments, params, first.shape, first.dtype))
    except NotImplementedError as error:
        return [Missing(str(error))] * len(equation.outvars)


def computed(equation: Any, arguments: Sequence[Any]) -> Sequence[np.ndarray]:
    """The results of an equation whose arguments are known."""
    name = equation.primitive.name
    if name in moves.VIEWS:
        return moves.VIEWS[name](arguments[0], **equation.params)
    found = equation.primitive.bind(*arguments, **equation.params)
    return [np.asarray(array) for array in (found if equation.primitive.multiple_results else [found])]


def scan(program: Program, arguments: list[Argument], params: dict[str, Any]) -> list[Argument]:
    """A loop. Its body is a program of its own, whose inputs are what stays, what is carried on, and a step's share."""
    body, inner = Program(program.weights), params["jaxpr"]
    stays, kept = params["num_consts"], params["num_carry"]
    shapes = [variable.aval.shape for variable in inner.jaxpr.invars]
    given = [
        argument if i < stays and not isinstance(argument, Value) else body.input(shapes[i])
        for i, argument in enumerate(arguments)
    ]
    results = follow(body, inner.jaxpr, inner.consts, given)
    if missing := first_missing(results):
        raise NotImplementedError(missing.name)
    body.outputs = [own(body, result) for result in results]
    outside = [
        program.spread(value(program, argument))
        for argument, inside in zip(arguments, given, strict=True)
        if isinstance(inside, Value)
    ]
    length = params["length"]
    outs = [program.buffer(variable.aval.shape) for variable in inner.jaxpr.outvars[:kept]]
    outs += [program.buffer((length, *variable.aval.shape)) for variable in inner.jaxpr.outvars[kept:]]
    program.operations.append(
        {
            "op": "scan",
            "in": [found.buffer for found in outside],
            "out": [found.buffer for found in outs],
            "body": body.as_json(),
            "length": length,
            "carried": [len(outside) - len(arguments) + stays, kept],
            "reverse": bool(params["reverse"]),
        }
    )
    return list(outs)

"""What each primitive of JAX becomes on the page.

There are few operations there: elementwise ones, reductions over the last axes, matrix products, convolutions, and
walks through buffers, which bring everything else into these forms.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jax import lax

from aelab.explore import linear, moves
from aelab.explore.call import Call, transposed, value
from aelab.explore.programs import Program, Value

SAME = {"copy", "optimization_barrier", "reduce_precision", "stop_gradient"}
OF_ONE = {"abs", "ceil", "cos", "erf", "exp", "expm1", "floor", "log", "log1p", "logistic", "neg", "not", "rsqrt"}
OF_ONE |= {"sign", "sin", "sqrt", "square", "tanh"}
OF_TWO = {
    "add",
    "sub",
    "mul",
    "div",
    "max",
    "min",
    "pow",
    "rem",
    "and",
    "or",
    "xor",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
}
ELEMENTWISE = OF_ONE | OF_TWO
OF_TRUTHS = {"and", "or", "xor", "not"}  # of whole numbers these are about bits, which the page has none of
REDUCTIONS = {"reduce_sum": "add", "reduce_prod": "mul", "reduce_max": "max", "reduce_min": "min"}
REDUCTIONS |= {"reduce_or": "max", "reduce_and": "min"}


def write(call: Call) -> Sequence[Value]:
    """The operations of one primitive; gives its results.

    Raises:
        NotImplementedError: the page has none for it.
    """
    name, whole = call.name, np.dtype(call.dtype).kind in "iu"
    if name in moves.VIEWS:
        return moves.view(call.program, name, call.values[0], call.params)
    if name in SPECIAL:
        return [SPECIAL[name](call)]
    if name in REDUCTIONS:
        return [reduction(call)]
    if name in SAME:
        return call.values
    if name in ELEMENTWISE and not (whole and name in {"div", *OF_TRUTHS}):
        return [call.write(name, call.fitted)]
    raise NotImplementedError(name)


def reduction(call: Call) -> Value:
    """A reduction over axes, which a walk brings to the end."""
    (x,), axes = call.arguments, call.params["axes"]
    kept = [axis for axis in range(len(x.shape)) if axis not in axes]
    inner = math.prod(x.shape[axis] for axis in axes)
    return call.write("reduce", [transposed(call.program, x, [*kept, *axes])], kind=REDUCTIONS[call.name], inner=inner)


def place_of(call: Call) -> Value:
    """Where along an axis the least or the largest number is, the first of equal ones."""
    (x,), (axis,) = call.arguments, call.params["axes"]
    order = [*(other for other in range(len(x.shape)) if other != axis), axis]
    return call.write("which", [transposed(call.program, x, order)], kind=call.name, inner=x.shape[axis])


def rows_of(call: Call) -> Value:
    """`gather` where it takes whole rows of a table by their number, as entries of a codebook."""
    (table, index), layout = call.values, call.params["dimension_numbers"]
    width, sizes = len(table.shape) - 1, tuple(call.params["slice_sizes"])
    behind = tuple(range(len(call.shape) - width, len(call.shape)))
    whole = layout.start_index_map == layout.collapsed_slice_dims == (0,) and layout.offset_dims == behind
    if not whole or index.shape[-1:] != (1,) or layout.operand_batching_dims or sizes != (1, *table.shape[1:]):
        raise NotImplementedError("gather of other things than rows")
    inner = math.prod(table.shape[1:])
    return call.write("rows", [call.program.spread(table), call.program.spread(index)], inner=inner)


def rounded(call: Call) -> Value:
    """To the nearest whole number, of two that are as near to the even one."""
    if call.params["rounding_method"] != lax.RoundingMethod.TO_NEAREST_EVEN:
        raise NotImplementedError("round away from zero")
    return call.write("round", call.values)


def power(program: Program, x: Value, exponent: int) -> Value:
    """x to a whole number, by products."""
    if exponent <= 0:
        one = value(program, np.ones((), np.float32))
        return program.write("div", [one, power(program, x, -exponent) if exponent else one], x.shape)
    if exponent == 1:
        return x
    whole = program.write("square", [power(program, x, exponent // 2)], x.shape)
    return program.write("mul", [whole, x], x.shape) if exponent % 2 else whole


def converted(call: Call) -> Value:
    """Numbers stay float32; those that become whole numbers or truth values lose what these cannot hold."""
    kind = np.dtype(call.dtype).kind
    if kind in "biu":
        return call.write("truth" if kind == "b" else "truncate", call.values)
    return call.values[0]


def chosen(call: Call) -> Value:
    """The second case where the first argument is true, else the first."""
    if len(call.arguments) != 3:
        raise NotImplementedError("select_n of more than two cases")
    return call.write("select", call.fitted)


def clamped(call: Call) -> Value:
    """Between two bounds."""
    low, x, high = call.fitted
    return call.write("min", [call.write("max", [low, x]), high])


SPECIAL: dict[str, Callable[[Call], Value]] = {
    "add_any": lambda call: call.write("add", call.fitted),
    "argmax": place_of,
    "argmin": place_of,
    "clamp": clamped,
    "concatenate": lambda call: moves.concatenate(call.program, call.values, dimension=call.params["dimension"]),
    "conv_general_dilated": linear.convolution,
    "convert_element_type": converted,
    "dot_general": linear.dot,
    "gather": rows_of,
    "integer_pow": lambda call: power(call.program, call.values[0], call.params["y"]),
    "pad": lambda call: moves.pad(
        call.program, call.values[0], float(np.asarray(call.arguments[1])), call.params["padding_config"]
    ),
    "round": rounded,
    "select_n": chosen,
    "stack": lambda call: moves.stack(call.program, call.values, axis=call.params["axis"]),
}

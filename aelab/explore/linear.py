"""Products and convolutions of any layout, brought into the one that the page has."""

import math

import numpy as np

from aelab.explore.call import Call, transposed
from aelab.explore.programs import Value


def dot(call: Call) -> Value:
    """`dot_general` as `[batch, row, inner]` times `[batch, inner, column]`, whatever axes these are of both."""
    (a, b), program = call.arguments, call.program
    (along_a, along_b), (batch_a, batch_b) = call.params["dimension_numbers"]
    own_a = [axis for axis in range(len(a.shape)) if axis not in (*along_a, *batch_a)]
    own_b = [axis for axis in range(len(b.shape)) if axis not in (*along_b, *batch_b)]
    pair = [transposed(program, a, [*batch_a, *own_a, *along_a]), transposed(program, b, [*batch_b, *along_b, *own_b])]
    sizes = {
        "batch": math.prod(a.shape[axis] for axis in batch_a),
        "rows": math.prod(a.shape[axis] for axis in own_a),
        "inner": math.prod(a.shape[axis] for axis in along_a),
        "columns": math.prod(b.shape[axis] for axis in own_b),
    }
    return call.write("product", pair, **sizes)


def convolution(call: Call) -> Value:
    """`conv_general_dilated` of one group as `[batch, *space, channel]` with `[*window, in, out]`."""
    (x, w), params, program = call.arguments, call.params, call.program
    if params["feature_group_count"] != 1 or params["batch_group_count"] != 1:
        raise NotImplementedError("conv_general_dilated in groups")
    layout = params["dimension_numbers"]
    batch, channel, *space = layout.lhs_spec
    out, into, *window = layout.rhs_spec
    first, last, *middle = layout.out_spec
    x, w = transposed(program, x, [batch, *space, channel]), transposed(program, w, [*window, into, out])
    how = {name: list(params[name]) for name in ("window_strides", "padding", "lhs_dilation", "rhs_dilation")}
    grid = [call.shape[axis] for axis in middle]
    shape = (x.shape[0], *grid, w.shape[-1])
    found = program.write("convolution", [x, w], shape, input=x.shape, window=w.shape, grid=grid, **how)
    return transposed(program, found, np.argsort([first, *middle, last]).tolist())

"""A function as one flat program of operations that other formats have too.

JAX keeps calls inside calls, derivatives beside functions, a form of a convolution for each platform, and a few
operations that others lack. Here calls are opened, one platform's form is taken, and what others lack is written out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend import core

INSIDE = {"jit": "jaxpr", "checkpoint": "jaxpr", "custom_vjp_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr"}


def plain(call: Callable, forms: Sequence[jax.ShapeDtypeStruct]) -> Callable[..., tuple[jax.Array, ...]]:
    """The same function of arrays of these forms; what it gives is a tuple."""
    closed = jax.make_jaxpr(call)(*forms)
    return lambda *given: tuple(_evaluated(closed.jaxpr, closed.consts, given))


def _evaluated(jaxpr: Any, consts: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *given], strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else known[atom]

    for step in jaxpr.eqns:
        if step.primitive.name == "platform_index":  # which form of a convolution: `_inside` chooses
            known[step.outvars[0]] = None
        else:
            known.update(zip(step.outvars, _taken(step, [read(atom) for atom in step.invars]), strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _taken(step: Any, given: list[Any]) -> Sequence[Any]:
    """What one operation gives."""
    name = step.primitive.name
    if (inside := _inside(name, step.params)) is not None:
        own = given[1:] if name == "cond" else given
        return _evaluated(getattr(inside, "jaxpr", inside), getattr(inside, "consts", ()), own)
    if name in WRITTEN_OUT:
        found = WRITTEN_OUT[name](*given, **step.params)
    else:
        found = step.primitive.bind(*given, **step.primitive.get_bind_params(step.params))
    return found if step.primitive.multiple_results else [found]


def _inside(name: str, params: Mapping[str, Any]) -> Any:
    """The program inside a call; of a choice by platform, the form for all that are not named; None of all else."""
    if platforms := params.get("branches_platforms"):
        return params["branches"][platforms.index(None)]
    return params.get(INSIDE.get(name, ""))


def _pad(x: Any, value: Any, *, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    """`lax.pad`, axis by axis."""
    for axis, (low, high, between) in enumerate(padding_config):
        x = _around(_spread(x, value, axis, between), value, axis, low, high)
    return x


def _around(x: Any, value: Any, axis: int, low: int, high: int) -> Any:
    """So many entries before and behind an axis; a negative number cuts."""
    if low < 0 or high < 0:
        x = lax.slice_in_dim(x, max(0, -low), x.shape[axis] - max(0, -high), axis=axis)
    sizes = {"before": max(0, low), "behind": max(0, high)}
    block = {
        where: lax.broadcast(value, (*x.shape[:axis], size, *x.shape[axis + 1 :]))
        for where, size in sizes.items()
        if size
    }
    parts = [part for part in (block.get("before"), x, block.get("behind")) if part is not None]
    return lax.concatenate(parts, axis) if len(parts) > 1 else x


def _spread(x: Any, value: Any, axis: int, between: int) -> Any:
    """So many entries between neighbours along an axis."""
    if not between:
        return x
    apart = _around(lax.expand_dims(x, [axis + 1]), value, axis + 1, 0, between)
    return lax.slice_in_dim(lax.collapse(apart, axis, axis + 2), 0, (x.shape[axis] - 1) * (between + 1) + 1, axis=axis)


def _stack(*given: Any, axis: int) -> Any:
    return lax.concatenate([lax.expand_dims(x, [axis]) for x in given], axis)


def _unstack(x: Any, *, axis: int) -> list[Any]:
    return [lax.index_in_dim(x, number, axis, keepdims=False) for number in range(x.shape[axis])]


def _conv(x: Any, kernel: Any, **params: Any) -> Any:
    """A transposed convolution as one over an event with zeros between its entries."""
    axes = params["dimension_numbers"].lhs_spec[2:]
    for axis, dilation in zip(axes, params["lhs_dilation"], strict=True):
        x = _spread(x, jnp.zeros((), x.dtype), axis, dilation - 1)
    return lax.conv_general_dilated_p.bind(x, kernel, **{**params, "lhs_dilation": (1,) * len(axes)})


WRITTEN_OUT: dict[str, Callable] = {"pad": _pad, "stack": _stack, "unstack": _unstack, "conv_general_dilated": _conv}

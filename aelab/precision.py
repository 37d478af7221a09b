"""How a net computes: in which precision, and what it keeps for the backward pass."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

import jax
import jax.numpy as jnp

Precision = Literal["f32", "bf16"]


def in_precision(apply: Callable, precision: Precision) -> Callable:
    """`apply` with all numbers it is given and all it computes in bfloat16; what it gives is float32 again.

    Parameters stay float32 outside, so their gradients and updates are: a bfloat16 has 8 bits and would lose small ones
    (Micikevicius et al. 2018, arXiv:1710.03740, section 3.1).
    """
    if precision == "f32":
        return apply

    @wraps(apply)
    def lower(*args, **context):
        args, context = cast((args, context), jnp.bfloat16)
        return cast(apply(*args, **context), jnp.float32)

    return lower


def cast(tree: Any, dtype: Any) -> Any:
    """The tree with all its real numbers of that type; masks and labels stay as they are."""

    def each(leaf):
        return leaf.astype(dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf

    return jax.tree.map(each, tree)


def recomputed(apply: Callable) -> Callable:
    """`apply` that keeps nothing but its arguments: the backward pass computes the rest again.

    Except on a CPU, where XLA sees that both are the same. Chen et al. 2016, arXiv:1604.06174.
    """
    return jax.checkpoint(apply)

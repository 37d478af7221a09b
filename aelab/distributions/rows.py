"""The arrays of a distribution that have a row for each example, apart from those of networks, which have none."""

from collections.abc import Callable
from typing import Any

import jax
from jax.tree_util import Partial


def map_rows(function: Callable, *trees: Any) -> Any:
    """`jax.tree.map` over the arrays of distributions that have rows.

    A network inside a distribution is a `jax.tree_util.Partial`. Its parameters serve all rows, so it stays as it is:
    that of the first tree.
    """

    def each(first: Any, *others: Any) -> Any:
        return first if isinstance(first, Partial) else function(first, *others)

    return jax.tree.map(each, *trees, is_leaf=lambda leaf: isinstance(leaf, Partial))

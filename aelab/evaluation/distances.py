"""Euclidean distances between the rows of two arrays, some rows at a time, so that memory is bounded."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

Rows = Float[np.ndarray, "row feature"]


def squared_distances(x: Rows, y: Rows, rows: int = 1000) -> Iterator[Float[np.ndarray, "some other"]]:
    """Squared distances of `rows` of x to all of y at a time, right to a rounding of |x|² + |y|²."""
    for i in range(0, len(x), rows):
        part = x[i : i + rows]
        yield np.maximum(np.square(part).sum(1)[:, None] + np.square(y).sum(1) - 2 * part @ y.T, 0)


def reach(x: Rows, k: int) -> Float[np.ndarray, "row"]:
    """Squared distance of each to its k-th nearest other one, of the farthest where there are fewer."""
    k = min(k, len(x) - 1)
    return np.concatenate([np.partition(d, k, axis=1)[:, k] for d in squared_distances(x, x)])

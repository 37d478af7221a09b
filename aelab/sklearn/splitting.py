"""Which rows are held out."""

import numpy as np
from jaxtyping import Bool

from aelab.errors import DataError


def held_out(rows: int, share: float, seed: int) -> Bool[np.ndarray, "row"]:
    """Whether each row is held out: the `share` of them, rounded up, by chance.

    Raises:
        DataError: none would be left to train on.
    """
    count = int(np.ceil(rows * share))
    if count >= rows:
        raise DataError(f"X: n_samples={rows} leaves none to train on beside those held out; give more rows")
    chosen = np.zeros(rows, bool)
    chosen[np.random.default_rng(seed).permutation(rows)[:count]] = True
    return chosen

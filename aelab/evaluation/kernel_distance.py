"""The kernel distance of samples, KID (Bińkowski et al. 2018, arXiv:1801.01401).

    MMD² = E k(x, x′) + E k(y, y′) − 2 E k(x, y),   k(a, b) = (aᵀb / d + 1)³   (section 2.1 and 4)

x and x′ are features of real events, y and y′ those of made-up ones, and d their number. Unlike the Fréchet distance
its estimate has no bias at any number of examples. So it is also below 0 at times, where both are alike.
"""

import numpy as np

from aelab.evaluation.estimate import Estimate, mean
from aelab.evaluation.likeness import Features

BLOCKS = 10  # independent estimates: their standard error is known to about 24 %


def kernel_distance(real: Features, made: Features, *, blocks: int = BLOCKS, seed: int = 0) -> Estimate:
    """The mean of MMD² over blocks of both sets that share no example, with its standard error.

    The paper draws its blocks with examples in common. Blocks apart are independent, so that the error is that of a
    mean. Both sets are shuffled first. There are fewer blocks where there are fewer than two examples for each.

    Raises:
        ValueError: a set of fewer than two examples.
    """
    count, rng = min(blocks, len(real) // 2, len(made) // 2), np.random.default_rng(seed)
    if count < 1:
        raise ValueError("a kernel distance is between two or more examples of each set")
    pieces = (np.array_split(rng.permutation(x).astype(np.float64), count) for x in (real, made))
    found = mean(np.array([mmd(x, y) for x, y in zip(*pieces, strict=True)]))
    return found._replace(n=min(len(real), len(made)))


def mmd(x: Features, y: Features) -> float:
    """The unbiased estimate of MMD²: no example is compared with itself (Gretton et al. 2012, eq. 3)."""
    return _off_diagonal(x) + _off_diagonal(y) - 2 * float(_kernel(x, y).mean())


def _off_diagonal(x: Features) -> float:
    found = _kernel(x, x)
    return float((found.sum() - np.trace(found)) / (len(x) * (len(x) - 1)))


def _kernel(x: Features, y: Features) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3

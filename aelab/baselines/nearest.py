"""The mean of the training events nearest to an event, by exact search over all of them."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

ROWS = 500  # events whose distances to all others are in memory at a time


class Nearest(NamedTuple):
    """What stands for an event are its neighbours among `train` [event, *shape]; `guess` takes noise away first."""

    train: np.ndarray
    guess: Callable[[np.ndarray], np.ndarray]

    def __call__(self, x: np.ndarray, k: int, to: Literal["noisy", "guess"]) -> np.ndarray:
        """The mean of the `k` nearest to the noisy event, or to the guess at it, by Euclidean distance."""
        train, near = self.train.reshape(len(self.train), -1), self.guess(x) if to == "guess" else x
        flat, squares = near.reshape(len(x), -1), np.square(train).sum(1)
        return mean_of_nearest(train, k, len(x), lambda rows: squares - 2 * flat[rows] @ train.T).reshape(x.shape)


def mean_of_nearest(train: np.ndarray, k: int, count: int, distance: Callable[[slice], Any]) -> np.ndarray:
    """The mean of the `k` events of `train` [other, entry] nearest to each of so many events, `[event, entry]`.

    `distance(rows)` gives the distances of some of them to all others, `[row, other]`, squared and up to a constant.
    """
    found = np.empty((count, train.shape[1]), train.dtype)
    for i in range(0, count, ROWS):
        rows = slice(i, i + ROWS)
        found[rows] = train[np.argpartition(distance(rows), k - 1, axis=1)[:, :k]].mean(1)
    return found

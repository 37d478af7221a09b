"""The mean of the clean training events nearest to a noisy one, by exact search over all of them."""

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
        found = np.empty_like(flat)
        for i in range(0, len(x), ROWS):
            distance: Any = squares - 2 * flat[i : i + ROWS] @ train.T  # and a constant
            found[i : i + ROWS] = train[np.argpartition(distance, k - 1, axis=1)[:, :k]].mean(1)
        return found.reshape(x.shape)

"""Ridge regression from what is seen of an event and where its holes are, to the whole event.

What is seen are the visible entries, 0 in the holes, and a 1 for each hidden entry beside them.
"""

from typing import NamedTuple

import numpy as np

from aelab.baselines.regression import Ridge, ridge

ROWS = 5000  # events whose products are in memory at a time


class Regression(NamedTuple):
    """The fit for every penalty."""

    fitted: Ridge

    def fill(self, x: np.ndarray, hidden: np.ndarray, penalty: float) -> np.ndarray:
        """The guess in the holes of events `[event, *shape]`; `penalty` is a variance an entry."""
        guess = self.fitted.guess(beside(x, hidden), penalty)
        return np.where(hidden, guess.reshape(x.shape), x).astype(x.dtype)


def regression(clean: np.ndarray, seen: np.ndarray, hidden: np.ndarray) -> Regression:
    """Fitted to training events `[event, *shape]`."""
    blocks = (slice(i, i + ROWS) for i in range(0, len(clean), ROWS))
    return Regression(ridge((clean[rows], beside(seen[rows], hidden[rows])) for rows in blocks))


def beside(seen: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Both, laid out flat, side by side: `[event, 2 · entry]`."""
    return np.concatenate([seen.reshape(len(seen), -1), hidden.reshape(len(seen), -1).astype(seen.dtype)], 1)

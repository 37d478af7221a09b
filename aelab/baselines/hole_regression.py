"""Ridge regression from what is seen of an event and where its holes are, to the whole event.

With y the visible entries, 0 in the holes, and a 1 for each hidden entry beside them, and x the clean event, both less
their means, the weights are (Σ y yᵀ / n + penalty · I)⁻¹ Σ y xᵀ / n (Hoerl and Kennard 1970,
doi:10.1080/00401706.1970.10488634).
"""

from typing import NamedTuple

import numpy as np

ROWS = 5000  # events whose products are in memory at a time


class Regression(NamedTuple):
    """Sums over the training events, from which the weights for any penalty follow."""

    seen_mean: np.ndarray  # [2 · entry]
    clean_mean: np.ndarray  # [entry]
    second: np.ndarray  # Σ y yᵀ / n
    cross: np.ndarray  # Σ y xᵀ / n

    def fill(self, x: np.ndarray, hidden: np.ndarray, penalty: float) -> np.ndarray:
        """The guess in the holes of events `[event, *shape]`; `penalty` is a variance an entry."""
        weights = np.linalg.solve(self.second + penalty * np.eye(len(self.second)), self.cross)
        guess = (beside(x, hidden) - self.seen_mean) @ weights + self.clean_mean
        return np.where(hidden, guess.reshape(x.shape), x).astype(x.dtype)


def regression(clean: np.ndarray, seen: np.ndarray, hidden: np.ndarray) -> Regression:
    """Fitted to training events `[event, *shape]`."""
    flat = clean.reshape(len(clean), -1)
    clean_mean = flat.mean(0, dtype=np.float64)
    seen_mean = np.concatenate([events.reshape(len(events), -1).mean(0, dtype=np.float64) for events in (seen, hidden)])
    second, cross = np.zeros((len(seen_mean),) * 2), np.zeros((len(seen_mean), len(clean_mean)))
    for i in range(0, len(flat), ROWS):
        y = (beside(seen[i : i + ROWS], hidden[i : i + ROWS]) - seen_mean).astype(flat.dtype)
        second += y.T @ y
        cross += y.T @ (flat[i : i + ROWS] - clean_mean).astype(flat.dtype)
    return Regression(seen_mean, clean_mean, second / len(flat), cross / len(flat))


def beside(seen: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Both, laid out flat, side by side: `[event, 2 · entry]`."""
    return np.concatenate([seen.reshape(len(seen), -1), hidden.reshape(len(seen), -1).astype(seen.dtype)], 1)

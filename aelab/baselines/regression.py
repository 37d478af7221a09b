"""Ridge regression from noisy to clean events, in closed form, from sums that blocks of events add to.

With means taken away, S = Σ y yᵀ / n of noisy events y and T = Σ y xᵀ / n with the clean x, the best linear guess is
(S + penalty · I)⁻¹ T (Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

LEAST = 1e-9  # that S + penalty has along any axis: entries that never vary have nothing to say


class Ridge(NamedTuple):
    """A fit for every penalty: S is diagonal in its own axes."""

    noisy_mean: np.ndarray  # [entry]
    clean_mean: np.ndarray  # [entry]
    values: np.ndarray  # of S [axis]
    axes: np.ndarray  # [entry, axis]
    rotated: np.ndarray  # T along those axes [axis, entry]

    def __call__(self, x: np.ndarray, penalty: float) -> np.ndarray:
        """The guess at the clean events, float32; `penalty` is a variance an entry."""
        return self.guess(x.reshape(len(x), -1), penalty).astype(np.float32).reshape(x.shape)

    def guess(self, flat: np.ndarray, penalty: float) -> np.ndarray:
        """The same of events laid out flat, `[event, entry]`, float64."""
        weights = self.axes @ (self.rotated / np.maximum(self.values + penalty, LEAST)[:, None])
        return (flat - self.noisy_mean) @ weights + self.clean_mean


def ridge(blocks: Iterable[tuple[np.ndarray, np.ndarray]]) -> Ridge:
    """Fitted to blocks of clean events and the same with noise, `[event, *shape]` each; one block is in memory.

    What is seen of an event may have more entries than the clean one.
    """
    count, noisy_centre, clean_centre, sums = 0, np.zeros(()), np.zeros(()), ()
    for clean, noisy in blocks:
        x, y = (events.reshape(len(events), -1) for events in (clean, noisy))
        if not count:  # near the means, so that float32 products lose little
            noisy_centre, clean_centre = y.mean(0), x.mean(0)
        x, y = x - clean_centre, y - noisy_centre
        own = (y.sum(0, dtype=np.float64), x.sum(0, dtype=np.float64), y.T @ y, y.T @ x)
        sums = tuple(a + b for a, b in zip(sums, own, strict=True)) if count else tuple(map(np.float64, own))
        count += len(x)
    noisy_mean, clean_mean, s, t = (np.asarray(total / count) for total in sums)
    values, axes = np.linalg.eigh(s - np.outer(noisy_mean, noisy_mean))
    rotated = axes.T @ (t - np.outer(noisy_mean, clean_mean))
    return Ridge(noisy_mean + noisy_centre, clean_mean + clean_centre, values, axes, rotated)

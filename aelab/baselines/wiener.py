"""Noise taken away by one normal distribution fitted to the clean training events, which makes every guess linear.

`moments` and the guess at entries known to be hidden are in `gaussian.py`; here entries are noisy, or may be false.
"""

from typing import NamedTuple

import numpy as np

from aelab.baselines.gaussian import Moments


class Wiener(NamedTuple):
    """Events with normal noise of one variance on every entry (Wiener 1949; Bishop 2006, eq. 2.116).

    E[x|y] = μ + Σ (Σ + σ² I)⁻¹ (y − μ)
    """

    fitted: Moments

    def __call__(self, x: np.ndarray, sigma: float) -> np.ndarray:
        """The conditional mean under noise of deviation `sigma`, float32."""
        mean, covariance = self.fitted
        gain = np.linalg.solve(covariance + sigma**2 * np.eye(len(mean)), covariance)  # transposed; both are symmetric
        return (mean + (x.reshape(len(x), -1) - mean) @ gain).astype(np.float32).reshape(x.shape)


class Doubted(NamedTuple):
    """Events some of whose entries may be false: all that are exactly 0 or, where `ones`, exactly 1.

    A doubted entry is taken for the true value and normal noise, whose precision (1 / variance) is the trust in it; all
    other entries are true. Of the doubted entries d and the true ones v, with Λ = (Σ + jitter)⁻¹ and trusts W,

        E[x_d | y] = (Λ_dd + W)⁻¹ (Λ_dd μ_d − Λ_dv (y_v − μ_v) + W y_d)

    Without any trust this is the guess at hidden entries, `gaussian.conditional_mean`.
    """

    fitted: Moments
    ones: bool

    def __call__(self, x: np.ndarray, jitter: float, trust: float = 0.0, trust_in_ones: float = 0.0) -> np.ndarray:
        """The conditional mean of the doubted entries, the others as they are; float32.

        `jitter` is the variance of a noise that every entry has: some never vary in the training events.
        """
        mean, covariance = self.fitted
        precision = np.linalg.inv(covariance + jitter * np.eye(len(mean)))
        flat = x.reshape(len(x), -1).astype(np.float64)
        found = [self._guess(precision, event, trust, trust_in_ones) for event in flat]
        return np.stack(found).astype(np.float32).reshape(x.shape)

    def _guess(self, precision: np.ndarray, event: np.ndarray, trust: float, trust_in_ones: float) -> np.ndarray:
        from scipy.linalg import solve

        doubted = (event == 0) | ((event == 1) if self.ones else False)
        at, mean, guess = np.flatnonzero(doubted), self.fitted.mean, event.copy()
        if len(at):
            own, trusts = precision[np.ix_(at, at)], np.where(event[at] == 0, trust, trust_in_ones)
            known = np.where(doubted, 0, event - mean)
            right = own @ mean[at] - precision[at] @ known + trusts * event[at]
            guess[at] = solve(own + np.diag(trusts), right, assume_a="pos", check_finite=False)
        return guess

"""The separated attribute predictability (Kumar et al. 2018, arXiv:1711.00848, section 3)."""

import numpy as np

from aelab.disentanglement.information import gap
from aelab.disentanglement.prepared import Codes, Factors, prepared


def sap(codes: Codes, factors: Factors) -> float:
    """How far the best number of a code predicts a factor by a line better than the second best; the mean over factors.

        SAP = (1/K) Σ_k (S_j(k)k − max_{j ≠ j(k)} S_jk),   S_jk = Cov(z_j, v_k)² / (Var(z_j) Var(v_k))

    S is R² of the linear regression of the factor on the number, the paper's choice where values of a factor have an
    order. All factors are taken by the order of their values here. One whose values have none, as the shape of a
    sprite, says little by it; a factor that goes round, as an angle, has no line through it. 0 is its value by chance.
    """
    codes, factors = prepared(codes, factors)
    return float(gap(_squared_correlations(codes, factors.astype(np.float64)).T).mean())


def _squared_correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """R² of each column of x with each of y; 0 where one never varies."""
    x, y = (_standardised(a) for a in (x, y))
    return np.square(x.T @ y / len(x))


def _standardised(x: np.ndarray) -> np.ndarray:
    away, spread = x - x.mean(0), x.std(0)
    return np.where(np.ptp(x, axis=0) > 0, away / np.where(spread > 0, spread, 1), 0)

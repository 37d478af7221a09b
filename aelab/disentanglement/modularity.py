"""Modularity (Ridgeway and Mozer 2018, arXiv:1802.05312, eq. 2)."""

import numpy as np

from aelab.disentanglement.information import mutual_information
from aelab.disentanglement.prepared import Codes, Factors, prepared


def modularity(codes: Codes, factors: Factors) -> float:
    """Whether each number of the code depends on one factor alone; the mean over the numbers.

        1 − δ_j,   δ_j = Σ_{k ≠ k(j)} I(z_j; v_k)² / (I(z_j; v_k(j))² (K − 1)),   k(j) = argmax_k I(z_j; v_k)

    It is 1 where each number depends on one factor, whatever share of it. It is *not* 0 by chance. Of codes that say
    nothing, I is the error of the estimate, which grows with the number of values of a factor. So of noise it is about
    1 − Σ_{k ≠ m} (V_k − 1)² / ((V_m − 1)² (K − 1)), with V_k the values of factor k and m the factor that has most: 0
    only where all have as many, and 0.68 for `sprites`. A number that never varies counts as 0. With one factor it is
    1.
    """
    codes, factors = prepared(codes, factors)
    squares = np.square(mutual_information(codes, factors))
    largest, count = squares.max(1), squares.shape[1]
    others = (squares.sum(1) - largest) / np.where(largest > 0, largest * max(count - 1, 1), 1)
    return float(np.where(largest > 0, 1 - others, 0).mean())

"""Disentanglement, completeness and informativeness (Eastwood and Williams 2018).

https://openreview.net/forum?id=By-7dz-AZ, section 2. A regressor of each factor on the code says how much it leans on
each number: R_jk, the importance of number j for factor k.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from aelab.disentanglement.prepared import Codes, Factors, prepared

TREES = 10  # as in the paper
LEAF = 5  # examples in a leaf at least: fewer are noise, and spread the importance over all numbers
TRAIN = 0.75  # of the examples; the others say how often the factor is told


class DCI(NamedTuple):
    """Three scores, each in [0, 1]; more is better."""

    disentanglement: float
    completeness: float
    informativeness: float


def dci(codes: Codes, factors: Factors, *, seed: int = 0) -> DCI:
    """The three scores, of random forests that predict each factor from all numbers of the code.

        disentanglement = Σ_j ρ_j (1 − H_K(R_j· / Σ_k R_jk)),   ρ_j = Σ_k R_jk / ΣR
        completeness = (1/K) Σ_k (1 − H_J(R_·k / Σ_j R_jk))

    H_K is the entropy to the base K, so that it lies in [0, 1]. A code is disentangled if each number serves one
    factor, and complete if each factor takes one number; both are about 0 by chance. Informativeness is the share of
    the held-out quarter whose value of a factor is told, mean over factors; by chance it is that of the most frequent
    value. The paper has the error of a regression in its place.

    R is the mean decrease of impurity in a forest of 10 trees, the paper's second regressor. At each split they may
    look at all numbers. Where a factor has 40 values this is quicker and steadier than boosted trees.
    """
    codes, factors = prepared(codes, factors)
    order = np.random.default_rng(seed).permutation(len(codes))
    train, held = np.split(order, [int(TRAIN * len(codes))])
    found = [_forest(codes, values, train, held, seed) for values in factors.T]
    importance = np.stack([own for own, _ in found], 1)
    return DCI(
        disentanglement=concentration(importance),
        completeness=concentration(importance.T),
        informativeness=float(np.mean([told for _, told in found])),
    )


def _forest(codes: Codes, values: np.ndarray, train: np.ndarray, held: np.ndarray, seed: int) -> tuple:
    """The importance of each number for one factor, and the share of the held-out values that are told."""
    from sklearn.ensemble import RandomForestClassifier  # here: it takes a second to import

    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF, max_features=None, random_state=seed)
    forest.fit(codes[train], values[train])
    return forest.feature_importances_, float((forest.predict(codes[held]) == values[held]).mean())


def concentration(importance: Float[np.ndarray, "row column"]) -> float:
    """The mean of 1 − entropy of the rows, each weighed by its share of all importance; 0 where there is none."""
    total = importance.sum(1)
    shares = importance[total > 0] / total[total > 0, None]
    logs = np.log(np.where(shares > 0, shares, 1)) / np.log(max(importance.shape[1], 2))
    alone = np.maximum(1 + (shares * logs).sum(1), 0)  # 1 − entropy, which rounding may take below 0
    return float((total[total > 0] * alone).sum() / max(total.sum(), 1e-300))

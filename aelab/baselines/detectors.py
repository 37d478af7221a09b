"""Classical detectors of anomalies, fitted on normal events alone, `[example, entry]`, and the settings worth trying.

A fitted one gives a score an event, `[example]`; the higher, the stranger.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from aelab.baselines.tuning import Axis, counts
from aelab.seeds import random_state

MOST = 10_000  # normal events, at most, that a one-class SVM gets; its time grows with the square of their number

Detector = Callable[[np.ndarray], np.ndarray]  # [example, entry] -> [example]


class Method(NamedTuple):
    """`fit(normal, **setting)`, and the axes that the setting is tuned along."""

    fit: Callable[..., Detector]
    axes: dict[str, Axis]
    most: int | None = None  # normal events while it is tuned, None for all
    random: bool = False  # whether it draws at random


def methods(entries: int, normal: int, seed: int) -> dict[str, Method]:
    """All detectors by name, for so many normal events of so many entries; a lone entry has no plane beside it."""
    rank = min(entries, normal) - 1
    planes = {"PCA": Method(pca_error, {"width": counts((1, 2, 4, 8, 16, 32, 64), rank)})} if rank else {}
    return planes | {
        "nearest neighbour": Method(neighbour_distance, {"k": counts((1, 2, 4), normal - 1)}),
        "local outlier factor": Method(local_outlier_factor, {"k": counts((5, 10, 20, 40), normal - 1)}, most=2000),
        "isolation forest": Method(
            lambda x, samples: isolation_forest(x, seed, int(samples)),
            {"samples": Axis([n for n in (64, 128, 256) if n < normal] or [normal], 2, normal, whole=True)},
            random=True,
        ),
        "one-class SVM": Method(
            one_class_svm,
            {"nu": Axis((0.01, 0.1, 0.5), least=0.001, most=0.9), "gamma": Axis((0.3, 1.0, 3.0))},
            most=1000,
        ),
    }


def pca_error(normal: np.ndarray, width: float) -> Detector:
    """Squared distance to the affine plane of the first `width` principal components."""
    from sklearn.decomposition import PCA

    solver = "covariance_eigh" if normal.shape[1] <= len(normal) else "full"
    pca = PCA(min(int(width), *normal.shape), svd_solver=solver).fit(normal.astype(np.float64))
    return lambda x: np.square(x - pca.inverse_transform(pca.transform(x)), dtype=np.float64).sum(1)


def neighbour_distance(normal: np.ndarray, k: float) -> Detector:
    """Distance to the `k`-th nearest normal event."""
    from sklearn.neighbors import NearestNeighbors

    neighbours = NearestNeighbors(n_neighbors=int(k), algorithm="brute").fit(normal)
    return lambda x: neighbours.kneighbors(x)[0][:, -1].astype(np.float64)


def local_outlier_factor(normal: np.ndarray, k: float) -> Detector:
    """How much thinner normal events lie around an event than around its `k` nearest ones (Breunig et al. 2000)."""
    from sklearn.neighbors import LocalOutlierFactor

    factor = LocalOutlierFactor(n_neighbors=int(k), algorithm="brute", novelty=True).fit(normal)
    return lambda x: -factor.score_samples(x).astype(np.float64)


def isolation_forest(normal: np.ndarray, seed: int, samples: int = 256) -> Detector:
    """How few random cuts set an event apart (Liu, Ting and Zhou 2008): 100 trees of `samples` normal events each."""
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(max_samples=min(samples, len(normal)), random_state=random_state(seed)).fit(normal)
    return lambda x: -forest.score_samples(x)


def one_class_svm(normal: np.ndarray, nu: float, gamma: float) -> Detector:
    """Distance outside a smooth boundary (Schölkopf et al. 2001): a share `nu` of the normal events lies outside.

    The kernel is exp(−g |x − y|²), where g is `gamma` divided by the entries of an event and their variance.
    """
    from sklearn.svm import OneClassSVM

    some = normal[:MOST]
    machine = OneClassSVM(nu=nu, gamma=gamma / (some.shape[1] * float(some.var()))).fit(some)
    return lambda x: -machine.score_samples(x)

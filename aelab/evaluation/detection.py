"""Anomaly detection: scores that are high where an event is unlike the normal ones, and what they are worth.

Detectors are fitted on normal events alone, `[example, entry]`, and give one score an event; the higher, the stranger.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.evaluation.batches import per_example
from aelab.model import Autoencoder, PyTree
from aelab.seeds import random_state

Detector = Callable[[np.ndarray], np.ndarray]  # [example, entry] -> [example]


class Alarm(NamedTuple):
    """What a threshold does on the test set."""

    threshold: float
    false_alarms: float  # share of normal events above it
    detected: float  # share of anomalies above it


def squared_error(model: Autoencoder, params: PyTree, source: Source) -> Float[np.ndarray, "example *event"]:
    """(x - x̂)² of every entry, rebuilt from the code's mode; 0 behind the end of a series."""
    return per_example(partial(_squared_error, model, params), source)


@partial(jax.jit, static_argnums=0)
def _squared_error(model: Autoencoder, params: PyTree, batch: Batch) -> Float[Array, "batch *event"]:
    error = jnp.square(batch.targets - model.reconstruct(params, batch.inputs, mask=batch.mask))
    return error if batch.mask is None else jnp.where(batch.mask[..., None], error, 0)


def pca_error(normal: np.ndarray, width: int) -> Detector:
    """Squared distance to the affine plane of the first `width` principal components."""
    from sklearn.decomposition import PCA

    pca = PCA(min(width, *normal.shape), svd_solver="full").fit(normal)
    return lambda x: np.square(x - pca.inverse_transform(pca.transform(x)), dtype=np.float64).sum(1)


def isolation_forest(normal: np.ndarray, seed: int) -> Detector:
    """How few random cuts set an event apart (Liu, Ting and Zhou 2008); scikit-learn's defaults."""
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(random_state=random_state(seed)).fit(normal)
    return lambda x: -forest.score_samples(x)


def one_class_svm(normal: np.ndarray, seed: int, most: int = 5000) -> Detector:
    """Distance outside a smooth boundary (Schölkopf et al. 2001), ν 0.1; of many events, `most` at random are used.

    Fitting takes time quadratic in the number of events.
    """
    from sklearn.svm import OneClassSVM

    some = np.random.default_rng(seed).permutation(len(normal))[:most]
    machine = OneClassSVM(nu=0.1, gamma="scale").fit(normal[some])
    return lambda x: -machine.score_samples(x)


def ranking(score: Float[np.ndarray, "example"], anomalous: Bool[np.ndarray, "example"]) -> dict[str, float]:
    """`auroc`, the chance that an anomaly scores above a normal event, and `average_precision`; without a threshold."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "auroc": float(roc_auc_score(anomalous, score)),
        "average_precision": float(average_precision_score(anomalous, score)),
    }


def threshold(normal: Float[np.ndarray, "example"], rate: float) -> float:
    """The score that a new normal event exceeds with a chance of at most `rate`, from held-out normal events alone.

    The ceil((n + 1)(1 - rate))-th smallest of n scores (conformal: Vovk, Gammerman and Shafer 2005); their largest
    where n < 1 / rate - 1, too few for the promise.
    """
    rank = min(math.ceil((len(normal) + 1) * (1 - rate)), len(normal))
    return float(np.sort(normal)[rank - 1])


def alarm(score: np.ndarray, anomalous: np.ndarray, limit: float) -> Alarm:
    """What the threshold `limit` does to test events: an alarm is a score above it."""
    return Alarm(limit, float((score[~anomalous] > limit).mean()), float((score[anomalous] > limit).mean()))

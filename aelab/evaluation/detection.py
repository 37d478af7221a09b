"""Anomaly detection: what scores are worth that are high where an event is unlike the normal ones.

`scores` of events are `[example]`; the higher, the stranger.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from aelab.evaluation import paired


class Alarm(NamedTuple):
    """What a threshold does on the test set."""

    threshold: float
    false_alarms: float  # share of normal events above it
    detected: float  # share of anomalies above it


def ranking(score: Float[np.ndarray, "example"], anomalous: Bool[np.ndarray, "example"]) -> dict[str, float]:
    """`auroc`, the chance that an anomaly scores above a normal event, and `average_precision`; without a threshold."""
    from sklearn.metrics import average_precision_score

    return {
        "auroc": float(auroc(score, anomalous)),
        "average_precision": float(average_precision_score(anomalous, score)),
    }


def auroc(score: np.ndarray, anomalous: np.ndarray, count: np.ndarray | int = 1) -> np.ndarray:
    """The chance that an anomaly scores above a normal event; one that scores the same counts half.

    `score` and `anomalous` are `[example]`. `count` says how often each event is there, `[*draw, example]`, as in draws
    with replacement; the result is `[*draw]`. A draw with events of one kind alone gives NaN.
    """
    order = np.argsort(score, kind="stable")
    ranked, anomalous = score[order], anomalous[order]
    first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])  # of each run of equal scores
    count = np.broadcast_to(count, (*np.shape(count)[:-1], len(score)))[..., order]
    strange, normal = (np.add.reduceat(count * kind, first, axis=-1) for kind in (anomalous, ~anomalous))
    pairs = (strange * (np.cumsum(normal, -1) - normal / 2)).sum(-1)
    with np.errstate(invalid="ignore"):
        return pairs / (strange.sum(-1) * normal.sum(-1))


def auroc_lead(ours: Sequence[np.ndarray], rival: Sequence[np.ndarray], anomalous: np.ndarray) -> paired.Lead:
    """By how much the AUROC of `ours` is above that of `rival`, with its paired bootstrap interval over test events.

    There is one problem or several on the same events, and `anomalous`, `[problem, event]`, says which are the
    anomalies of each. A problem has scores `[seed, event]`. AUROCs are averaged over seeds, then over problems.
    """

    def difference(index: np.ndarray) -> np.ndarray:
        draws, events = index.shape
        place = index + events * np.arange(draws)[:, None]
        count = np.bincount(place.ravel(), minlength=draws * events).reshape(draws, events)
        return mean_auroc(ours, anomalous, count) - mean_auroc(rival, anomalous, count)

    return paired.lead(difference, anomalous.shape[1])


def mean_auroc(scores: Sequence[np.ndarray], anomalous: np.ndarray, count: np.ndarray | int = 1) -> np.ndarray:
    """The mean over problems of the mean over seeds; arrays as in `auroc_lead` and `auroc`."""
    each = [
        np.mean([auroc(own, kind, count) for own in seeds], 0) for seeds, kind in zip(scores, anomalous, strict=True)
    ]
    return np.mean(each, 0)


def moved(x: Float[np.ndarray, "example *event"], seed: int, copies: int) -> np.ndarray:
    """Copies of normal events that are not where such events are, float `[copies * example, *event]`.

    Each is rolled along every axis but the last, time or height and width, by 1 step to a quarter of the axis, to
    either side. No anomaly is needed to make them, and a detector that has learnt where things are finds them strange
    (transformed events as such examples: Golan and El-Yaniv 2018, arXiv:1805.10917).
    """
    rng = np.random.default_rng(seed)
    found = np.tile(x, (copies, *(1 for _ in x.shape[1:])))
    for axis, size in enumerate(x.shape[1:-1] or x.shape[1:], 1):
        step = rng.integers(1, max(size // 4, 1) + 1, len(found)) * rng.choice([-1, 1], len(found))
        place = (np.arange(size) - step[:, None]) % size
        found = np.take_along_axis(found, np.expand_dims(place, [i for i in range(1, found.ndim) if i != axis]), axis)
    return found


def separation(normal: Float[np.ndarray, "example"], copies: Float[np.ndarray, "copy"]) -> float:
    """The AUROC that tells moved copies from the normal events they were made of: what choices go by."""
    return float(auroc(np.r_[normal, copies], np.arange(len(normal) + len(copies)) >= len(normal)))


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

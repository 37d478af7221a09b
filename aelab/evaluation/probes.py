"""What simple classifiers read out of codes, from many labels or few."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from aelab.evaluation.neighbours import NEIGHBOURS


def few(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Indices of `count` events drawn from `labels` [n], as many of each class as of any other, or one more."""
    order = np.random.default_rng(seed).permutation(len(labels))
    rank = np.empty(len(labels), int)
    for kind in np.unique(labels):
        own = order[labels[order] == kind]
        rank[own] = np.arange(len(own))
    return order[np.argsort(rank[order], kind="stable")][:count]


def probe(train: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Classes of `test` [n, code] by logistic regression on standardised codes, C = 1, fitted to `train` [m, code].

    Where all `labels` are of one class, it is that class.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(np.unique(labels)) == 1:  # nothing tells it from any other, and scikit-learn refuses to fit
        return np.full(len(test), labels[0])
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    with warnings.catch_warnings():  # of pixels, the last digits of the weights take thousands of iterations
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fitted.fit(train, labels).predict(test)


def nearest(train: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Classes of `test` [n, code] by its `NEIGHBOURS` nearest; by the nearest where there are fewer in a class."""
    from sklearn.neighbors import KNeighborsClassifier

    enough = np.unique(labels, return_counts=True)[1].min() >= NEIGHBOURS
    return KNeighborsClassifier(NEIGHBOURS if enough else 1, algorithm="brute").fit(train, labels).predict(test)


def confusion(expected: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How many events of each class (row) were taken for each (column)."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (expected, predicted), 1)
    return counts


CLASSIFIERS = {"probe": probe, "kNN": nearest}


class Read(NamedTuple):
    """What a classifier reads out of codes."""

    accuracy: dict[str, list[float]]  # percent, one number a draw, by how many labels were told
    hits: np.ndarray  # bool [event]: which are told right from all labels


def accuracies(predict: Callable, train: tuple, test: tuple, counts: Sequence[int], draws: int) -> dict[str, list]:
    """Percent of the `test` classes that `predict` gets right from some `train` labels; both are pairs (codes, labels).

    By the number of labels that it gets, one of each draw; a number that is not below that of all labels is left out.
    """
    codes, labels = train
    picks = {str(n): [few(labels, n, draw) for draw in range(draws)] for n in counts if n < len(labels)}
    return {
        name: [100 * float((predict(codes[own], labels[own], test[0]) == test[1]).mean()) for own in drawn]
        for name, drawn in picks.items()
    }


def read_out(codes: Mapping[str, np.ndarray], sets: Mapping[str, Any], counts: Sequence[int], draws: int) -> dict:
    """What both classifiers read, by their name; `codes` and `sets` (with `label`) by split, train and test.

    "all" stands for every label, and there is one draw of that.
    """
    train, test = (codes["train"], sets["train"].label), (codes["test"], sets["test"].label)
    found = {}
    for name, predict in CLASSIFIERS.items():
        hits = predict(*train, test[0]) == test[1]
        some = accuracies(predict, train, test, counts, draws)
        found[name] = Read({**some, "all": [100 * float(hits.mean())]}, hits)
    return found

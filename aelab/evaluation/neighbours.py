"""What the distances between codes are worth: do neighbours share a class, and were they neighbours before?"""

import numpy as np

NEIGHBOURS = 5  # of both scores; fixed beforehand, as scikit-learn has it
TRUSTED = 2000  # events whose distances are all compared: memory grows with the square


def knn_accuracy(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, expected: np.ndarray, k: int = NEIGHBOURS
) -> float:
    """Share of `test` [n, code] whose class is that of most of their `k` nearest in `train` [m, code]; Euclidean."""
    from sklearn.neighbors import KNeighborsClassifier  # here: it takes a second to import

    nearest = KNeighborsClassifier(min(k, len(train)), algorithm="brute").fit(train, labels)
    return float((nearest.predict(test) == expected).mean())


def trustworthiness(events: np.ndarray, codes: np.ndarray, k: int = NEIGHBOURS) -> float | None:
    """1 where the `k` nearest of every code are its event's nearest too, less the farther off they came from.

    Of the first `TRUSTED` of `events` [n, entry] and their `codes` [n, code] (Venna and Kaski 2001). It is defined for
    fewer neighbours than half of the events: of up to 10 events fewer are looked at, and two have none: None.
    """
    k = min(k, (len(codes) - 1) // 2)
    if k < 1:
        return None
    from sklearn.manifold import trustworthiness as scored

    return float(scored(events[:TRUSTED], codes[:TRUSTED], n_neighbors=k))

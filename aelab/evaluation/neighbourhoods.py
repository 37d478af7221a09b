"""Whether codes keep the neighbours of events, example by example (Venna and Kaski 2001, doi:10.1007/3-540-44668-0_68).

    trustworthiness = (1/n) Σ_i (1 − 2 / (k (2n − 3k − 1)) Σ_{j ∈ U_i} (r(i, j) − k))

U_i are those of the k nearest of code i whose events are not among the k nearest of event i, and r(i, j) is the rank of
event j by its distance from event i. Continuity is the same with both spaces swapped. Both are 1 where all neighbours
are kept. Trustworthiness falls where codes put together what is far apart, continuity where they tear apart what is
near.
"""

import numpy as np
from jaxtyping import Float, Int

from aelab.evaluation.distances import squared_distances
from aelab.evaluation.neighbours import NEIGHBOURS, TRUSTED

Space = Float[np.ndarray, "example ..."]


def trusted(events: Space, codes: Space, k: int = NEIGHBOURS) -> Float[np.ndarray, "example"] | None:
    """The trustworthiness of each of the first `TRUSTED` examples; their mean is that of all.

    It is defined for fewer neighbours than half of the events: of up to 10 events fewer are looked at, and two have
    none: None.
    """
    events, codes = events[:TRUSTED], codes[:TRUSTED]
    n, k = len(codes), min(k, (len(codes) - 1) // 2)
    if k < 1:
        return None
    near = np.argsort(_apart(codes), axis=1, kind="stable")[:, :k]
    beyond = np.maximum(np.take_along_axis(_ranks(_apart(events)), near, 1) - k, 0).sum(1)
    return 1 - 2 / (k * (2 * n - 3 * k - 1)) * beyond


def continuous(events: Space, codes: Space, k: int = NEIGHBOURS) -> Float[np.ndarray, "example"] | None:
    """The continuity of each example: its trustworthiness with events and codes swapped."""
    return trusted(codes, events, k)


def _apart(x: Space) -> Float[np.ndarray, "example other"]:
    """Squared distances, infinite to itself."""
    flat = x.reshape(len(x), -1).astype(np.float64)
    distance = np.concatenate(list(squared_distances(flat, flat)))
    np.fill_diagonal(distance, np.inf)
    return distance


def _ranks(distance: Float[np.ndarray, "example other"]) -> Int[np.ndarray, "example other"]:
    """1 for the nearest other of each row, 2 for the next, and so on."""
    ranks = np.empty(distance.shape, np.int64)
    np.put_along_axis(ranks, np.argsort(distance, axis=1, kind="stable"), np.arange(1, len(distance) + 1)[None], 1)
    return ranks

"""Precision and recall of samples with their standard errors (Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2).

A manifold is the union of balls around events, each up to its k-th nearest neighbour. Precision is the share of samples
inside that of the real events, recall the share of real events inside that of the samples.
"""

import math

import numpy as np

from aelab.evaluation.distances import reach, squared_distances
from aelab.evaluation.estimate import Estimate
from aelab.evaluation.likeness import Features

NEAREST = 3  # the paper's k


def precision_recall(real: Features, made: Features, k: int = NEAREST) -> tuple[Estimate, Estimate]:
    """Both shares; see `share_inside` for their errors."""
    return share_inside(made, real, k), share_inside(real, made, k)


def share_inside(x: Features, centres: Features, k: int) -> Estimate:
    """The share of M events x inside the manifold of N others, with an error for other events of both kinds.

    The error is √(s²_x / M + s²_centres / N), with s_x the standard deviation of whether each x is inside, and
    s_centres that of how much each ball alone adds to the share, times N. Balls shrink where centres come close
    together, which is left out: the error is rather too large, up to twice.
    """
    x, centres = x.astype(np.float32), centres.astype(np.float32)
    reaches, balls, alone = reach(centres, k), [], np.zeros(len(centres))
    for distance in squared_distances(x, centres):
        inside = distance <= reaches
        balls.append(inside.sum(1))
        alone += inside[balls[-1] == 1].sum(0)
    hits, added = np.concatenate(balls) > 0, alone * len(centres) / len(x)
    error = math.sqrt(hits.var(ddof=1) / len(x) + added.var(ddof=1) / len(centres))
    return Estimate(float(hits.mean()), error, min(len(x), len(centres)))

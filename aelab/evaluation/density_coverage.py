"""Density and coverage of samples (Naeem et al. 2020, arXiv:2002.09797, section 3).

Around each real event is a ball that reaches to its k-th nearest real one.

    density = 1/(kM) Σ_j #{i: y_j in ball i},   coverage = (1/N) #{i: some y_j in ball i}

of N real events and M samples y. Precision counts a sample in one ball as much as in many, so one outlier among the
real events, with a large ball, spoils it; density does not. Of samples that are distributed as the real events, density
is 1 on average, and coverage 1 − Π_{i=1}^{k} (N − i) / (M + N − i), which is 1 − 2^−k for many of both (their lemma 1).
Density has no upper bound: samples that crowd where real events crowd have more than 1.
"""

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int

from aelab.evaluation.distances import reach, squared_distances
from aelab.evaluation.estimate import Estimate
from aelab.evaluation.likeness import Features

NEAREST = 5  # the paper's k: coverage of equal distributions is then 0.97


def density_coverage(real: Features, made: Features, k: int = NEAREST) -> tuple[Estimate, Estimate]:
    """Density and coverage of samples, with errors for other samples and other real events.

    The error is √(s²_made / M + s²_real / N). For density, s are the standard deviations of what each sample, and each
    ball, adds to it. For coverage they are of whether each real event is covered, and of how many each sample
    alone covers. The balls share events, which is left out: the error of coverage is rather too large.
    """
    real, made = real.astype(np.float32), made.astype(np.float32)
    reaches = reach(real, k)
    balls = np.concatenate([inside.sum(1) for inside in _inside(made, real, reaches)])  # of each sample
    samples = sum(inside.sum(0) for inside in _inside(made, real, reaches))  # of each ball
    alone = np.concatenate([inside[:, samples == 1].sum(1) for inside in _inside(made, real, reaches)])
    density = _error(balls / k, samples * len(real) / (k * len(made)))
    coverage = _error(alone * len(made) / len(real), samples > 0)
    n = min(len(real), len(made))
    return Estimate(float(balls.mean() / k), density, n), Estimate(float((samples > 0).mean()), coverage, n)


def _inside(
    made: Features, real: Features, reaches: Float[np.ndarray, "ball"]
) -> Iterator[Bool[np.ndarray, "some ball"]]:
    """Which balls some of the samples lie in."""
    for distance in squared_distances(made, real):
        yield distance <= reaches


def _error(of_made: Float[np.ndarray, "sample"], of_real: Float[np.ndarray, "ball"] | Int[np.ndarray, "ball"]) -> float:
    return math.sqrt(sum(np.var(each, ddof=1) / len(each) for each in (of_made, of_real)))

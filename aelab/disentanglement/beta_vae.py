"""The score of β-VAE (Higgins et al. 2017, https://openreview.net/forum?id=Sy2fzU9gl, section 3)."""

import numpy as np
from jaxtyping import Float, Int

from aelab.disentanglement.prepared import Codes, Factors, prepared
from aelab.disentanglement.sharing import TOGETHER, blocks, sharing
from aelab.evaluation.probes import probe


def beta_vae(codes: Codes, factors: Factors, *, seed: int = 0) -> float:
    """How often a linear classifier tells which factor pairs of examples have in common, from how their codes differ.

    A question is a factor k, drawn at random, and 64 pairs of examples; the two of a pair share the value of it. The
    classifier is logistic regression, and sees

        (1/64) Σ_l |z_l − z′_l|

    There are as many questions as examples. It learns from half of them, and the score is its share of right answers to
    the other half. Codes are standardised first, so that their scale does not matter. It is 1 where every factor has a
    number of its own, and also where all but one have: what is left over is told by its absence (Kim and Mnih 2018,
    section 4). By chance it is 1/K for K factors that vary.
    """
    codes, factors = prepared(codes, factors)
    spread, rng = codes.std(0), np.random.default_rng(seed)
    asked = rng.integers(factors.shape[1], size=len(codes))
    seen = _differences(codes / np.where(spread > 0, spread, 1), factors, asked, rng)
    half = len(asked) // 2
    return float((probe(seen[:half], asked[:half], seen[half:]) == asked[half:]).mean())


def _differences(
    codes: Codes, factors: Factors, asked: Int[np.ndarray, "question"], rng: np.random.Generator
) -> Float[np.ndarray, "question latent"]:
    """The mean distance in each number between the two of the pairs of each question."""
    found = np.empty((len(asked), codes.shape[1]))
    for k in range(factors.shape[1]):
        questions, start = np.flatnonzero(asked == k), 0
        for size in blocks(len(questions), codes.shape[1]):
            rows = rng.integers(len(codes), size=(size, TOGETHER))
            away = np.abs(codes[rows] - codes[sharing(factors[:, k], rows, rng)])
            found[questions[start : start + size]] = away.mean(1)
            start += size
    return found

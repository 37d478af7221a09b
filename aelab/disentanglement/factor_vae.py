"""The score of FactorVAE (Kim and Mnih 2018, arXiv:1802.05983, section 4)."""

import numpy as np
from jaxtyping import Int

from aelab.disentanglement.prepared import Codes, Factors, prepared
from aelab.disentanglement.sharing import TOGETHER, blocks, sharing


def factor_vae(codes: Codes, factors: Factors, *, seed: int = 0) -> float:
    """How often a vote tells the factor that a group of examples has in common by the number that varies least.

    A question is a factor k, drawn at random, and 64 of the examples that share a value of it. The answer's only clue
    is

        d = argmin_j Var_group(z_j) / Var(z_j)

    The vote says for each d the k that it came with most often. There are as many questions as examples; the vote
    learns from half of them, and the score is its share of right answers to the other half. Numbers that never vary are
    left out. It is 1 where each factor has a number of its own; by chance it is 1/K for K factors that vary.
    """
    codes, factors = prepared(codes, factors)
    codes = codes[:, np.ptp(codes, axis=0) > 0]
    rng, count = np.random.default_rng(seed), factors.shape[1]
    asked = rng.integers(count, size=len(codes))
    if not codes.shape[1]:  # nothing varies, so there is no clue
        return 1 / count
    least = _least_varying(codes / codes.std(0), factors, asked, rng)
    half = len(asked) // 2
    votes = np.zeros((codes.shape[1], count), np.int64)
    np.add.at(votes, (least[:half], asked[:half]), 1)
    return float((votes.argmax(1)[least[half:]] == asked[half:]).mean())


def _least_varying(
    codes: Codes, factors: Factors, asked: Int[np.ndarray, "question"], rng: np.random.Generator
) -> Int[np.ndarray, "question"]:
    """Which number varies least in a group of each question."""
    found = np.empty(len(asked), np.int64)
    for k in range(factors.shape[1]):
        questions, start = np.flatnonzero(asked == k), 0
        for size in blocks(len(questions), codes.shape[1]):
            group = np.repeat(rng.integers(len(codes), size=(size, 1)), TOGETHER, axis=1)
            variance = codes[sharing(factors[:, k], group, rng)].var(1)
            found[questions[start : start + size]] = variance.argmin(1)
            start += size
    return found

"""Examples that share the value of a factor: how scores that ask for pictures with one factor fixed get them.

The papers draw such pictures anew. Here they are rows of the given examples.
"""

import numpy as np
from jaxtyping import Int

TOGETHER = 64  # examples, or pairs of them, whose codes make one question; as disentanglement_lib has it
BLOCK = 1 << 22  # numbers of codes that are in memory at a time


def sharing(
    values: Int[np.ndarray, "example"], rows: Int[np.ndarray, "*place"], rng: np.random.Generator
) -> Int[np.ndarray, "*place"]:
    """For each row another one with the same value, all of them as likely; itself where there is no other."""
    order = np.argsort(values, kind="stable")
    count = np.bincount(values)
    first = np.cumsum(count) - count
    place = np.empty(len(values), np.int64)
    place[order] = np.arange(len(values)) - first[values[order]]  # of a row among those of its value
    own = values[rows]
    step = 1 + rng.integers(np.maximum(count[own] - 1, 1))
    return order[first[own] + (place[rows] + step) % count[own]]


def blocks(questions: int, latents: int) -> list[int]:
    """How many questions to ask at a time so that their codes fit in memory: numbers that add up to `questions`."""
    size = max(BLOCK // (TOGETHER * latents), 1)
    return [min(size, questions - start) for start in range(0, questions, size)]

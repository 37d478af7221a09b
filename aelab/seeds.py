"""From a seed to keys: the one place where a seed becomes randomness, split by what it is for."""

from enum import IntEnum

import jax
from jaxtyping import Array, Key


class Purpose(IntEnum):
    """What a key is for. Numbers are never used again: they are part of every result."""

    INIT = 0
    TRAIN = 1
    CORRUPT = 2
    EVALUATE = 3
    GENERATE = 4


def key_for(seed: int, purpose: Purpose) -> Key[Array, ""]:
    """The key of a purpose; independent of all others of the same seed."""
    return jax.random.fold_in(jax.random.key(seed), purpose)

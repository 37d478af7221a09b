"""From a seed to keys: the one place where a seed becomes randomness, split by what it is for."""

import zlib
from enum import IntEnum

import jax
import numpy as np
from jaxtyping import Array, Key

LOWEST = 0xFFFFFFFF  # the lowest 32 bits


class Purpose(IntEnum):
    """What a key is for. Numbers are never used again: they are part of every result."""

    INIT = 0
    TRAIN = 1
    CORRUPT = 2
    EVALUATE = 3
    GENERATE = 4


def key_for(seed: int, purpose: Purpose) -> Key[Array, ""]:
    """The key of a purpose; independent of all others of the same seed."""
    return jax.random.fold_in(base_key(seed), purpose)


def base_key(number: int) -> Key[Array, ""]:
    """The key of a number, of no purpose: no key of a run is equal to it.

    It is for draws that stay the same whatever the seed of a run, such as the noise on which methods are compared.
    JAX keeps the lowest 32 bits of a seed alone. Those above are folded in behind a number that is no purpose, so that
    no two numbers share draws.

    Raises:
        ValueError: a number below 0 or above 2⁶³ − 1.
    """
    if not 0 <= number < 1 << 63:
        raise ValueError(f"a seed is a whole number from 0 to {(1 << 63) - 1}, got {number}")
    key, high = jax.random.key(int(number) & LOWEST), int(number) >> 32
    return jax.random.fold_in(jax.random.fold_in(key, LOWEST), high) if high else key


def key_named(key: Key[Array, ""], name: str) -> Key[Array, ""]:
    """A key for what has a name, such as a player; no key that is split off or counted off `key` is equal to it."""
    return jax.random.fold_in(key, zlib.crc32(name.encode()) | 1 << 31)


def key_shape() -> jax.ShapeDtypeStruct:
    """The shape and type of a key, for programs that are traced and not run."""
    return jax.eval_shape(lambda: base_key(0))


def random_state(seed: int) -> int | np.random.RandomState:
    """What scikit-learn takes for a seed: a number below 2³² as it is, and a generator of its own for a larger one."""
    return seed if seed <= LOWEST else np.random.RandomState([seed & LOWEST, seed >> 32])

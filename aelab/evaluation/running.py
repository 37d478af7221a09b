"""Running sums of numbers in float32 that lose nothing worth a mention, however many they are."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class Total(NamedTuple):
    """A sum that keeps what rounding took from it (Kahan 1965, doi:10.1145/363707.363723)."""

    sum: Float[Array, "batch"]
    lost: Float[Array, "batch"]

    def plus(self, term: Float[Array, "batch"]) -> "Total":
        added = term + self.lost
        after = self.sum + added
        return Total(after, jnp.where(jnp.isfinite(after), added - (after - self.sum), 0))

    def times(self, factor: Float[Array, "batch"]) -> "Total":
        return Total(self.sum * factor, self.lost * factor)


class LogTotal(NamedTuple):
    """A sum of weights that are given by their logarithms: exp(`largest`) · `rest`.

    A running logarithm would stand still as soon as what a weight adds to it falls below its last bit.
    """

    largest: Float[Array, "batch"]
    rest: Total

    def plus(self, log_weight: Float[Array, "batch"]) -> "LogTotal":
        largest = jnp.maximum(self.largest, log_weight)
        over = jnp.where(jnp.isneginf(largest), 0, largest)  # weights of 0 alone: −∞ less −∞ is not a number
        rest = self.rest.times(jnp.exp(self.largest - over))
        return LogTotal(largest, rest.plus(jnp.exp(log_weight - over)))


def nothing(rows: int) -> Total:
    """The empty sum of each row."""
    return Total(jnp.zeros(rows), jnp.zeros(rows))


def no_weights(rows: int) -> LogTotal:
    """The empty sum of weights of each row."""
    return LogTotal(jnp.full(rows, -jnp.inf), nothing(rows))

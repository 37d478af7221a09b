"""The point: a distribution with all its mass on one value.

It is the code of a plain autoencoder, which has no spread.
"""

from typing import NamedTuple

from jaxtyping import Array, Float, Int, Key


class Point(NamedTuple):
    """All mass on `value`. It has no density, so there is neither a `log_prob` nor a `kl`."""

    value: Float[Array, "batch *event"]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return self.value

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return self.value

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """The value itself, whatever the key and the index."""
        return self.value

"""All mass on one value."""

from typing import NamedTuple

from jaxtyping import Array, Float, Int, Key


class Point(NamedTuple):
    """All mass on one value: the code of a plain autoencoder. It has no density, so no `log_prob` and no `kl`."""

    value: Float[Array, "batch *event"]

    @property
    def mean(self) -> Float[Array, "batch *event"]:
        return self.value

    @property
    def mode(self) -> Float[Array, "batch *event"]:
        return self.value

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """The value itself, whatever the key."""
        return self.value

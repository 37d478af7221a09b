"""The code of a sparse dictionary: a point most of whose numbers are 0, and what decided which are not."""

from typing import NamedTuple

from jaxtyping import Array, Float, Int, Key


class Sparse(NamedTuple):
    """All mass on `value`, as of a `Point`; beside it stand what the losses of dictionaries read."""

    value: Float[Array, "batch unit"]
    before: Float[Array, "batch unit"]  # how strongly each unit answers, before it is decided which are on; 0 or more
    on: Float[Array, "batch unit"]  # 1 where a unit is on, else 0

    @property
    def mean(self) -> Float[Array, "batch unit"]:
        return self.value

    @property
    def mode(self) -> Float[Array, "batch unit"]:
        return self.value

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch unit"]:
        """The value itself, whatever the key and the index."""
        return self.value

"""What objectives rely on."""

from typing import Protocol

from jaxtyping import Array, Float, Int, Key


class Distribution(Protocol):
    """What objectives rely on; `Point` alone has no `log_prob`."""

    @property
    def mean(self) -> Array: ...

    @property
    def mode(self) -> Array: ...

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Array: ...

    def log_prob(self, x: Array, mask: Array | None = None) -> Float[Array, "batch"]: ...

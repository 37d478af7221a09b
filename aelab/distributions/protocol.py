"""What all distributions have in common: all that an objective asks of a code, a prior or a likelihood."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int, Key


class Distribution(Protocol):
    """A distribution over events, one for each example of a batch.

    `mean` and `mode` are shaped like an event. `sample` draws one event per example: what a row draws is decided by its
    number in `index`. `log_prob` is in nats, summed over the entries inside `mask`; `Point` alone has none. Where the
    entries are independent, `log_density` gives that of each, in nats, shaped like the event.
    """

    @property
    def mean(self) -> Array: ...

    @property
    def mode(self) -> Array: ...

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Array: ...

    def log_prob(self, x: Array, mask: Array | None = None) -> Float[Array, "batch"]: ...


@runtime_checkable
class DrawsWithDensity(Protocol):
    """A distribution whose draw and log density come from one computation, as of a code that is drawn by networks."""

    def sample_and_log_prob(
        self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None
    ) -> tuple[Any, Float[Array, "batch"]]: ...


@runtime_checkable
class OwnDivergence(Protocol):
    """A distribution q that knows more of KL(q‖p) than log q(z) − log p(z) at a draw z; nats per example."""

    def divergence(self, p: Any, z: Any) -> Float[Array, "batch"]: ...

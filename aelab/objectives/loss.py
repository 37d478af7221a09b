"""What an objective returns."""

from typing import Any, NamedTuple

from jaxtyping import Array, Float


class Loss(NamedTuple):
    """One number per example, never reduced, and the terms it is made of, all in nats.

    `updates` are sums over the rows of the batch for `Objective.advance`. Rows of weight 0 only pad the batch and must
    not count: weigh by `batch.weights`, as in `batch.weights @ q.mean`.
    """

    value: Float[Array, "batch"]
    terms: dict[str, Float[Array, "batch"]]
    updates: dict[str, Any] = {}  # noqa: RUF012 - only ever replaced

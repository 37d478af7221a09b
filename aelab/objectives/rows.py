"""What objectives that look across the batch need to know of its rows: which are real, and where one's own stand."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from aelab.batch import Batch
from aelab.distributions import Normal
from aelab.errors import ConfigError
from aelab.latents import flat


class Rows(NamedTuple):
    """The rows of a whole batch, those of all devices; rows of weight 0 only pad it."""

    weights: Float[Array, "other"]
    order: Int[Array, "other"]  # of each real row, its number among the real ones
    own: Int[Array, "row"]  # where the rows of this device stand

    @property
    def real(self) -> Bool[Array, "other"]:
        return self.weights > 0

    @property
    def number(self) -> Int[Array, ""]:
        """How many are real."""
        return self.real.sum()

    def mean(self, values: Float[Array, "other *rest"]) -> Float[Array, "*rest"]:
        """The weighted mean over the rows."""
        return jnp.tensordot(self.weights / self.weights.sum(), values, 1)


def rows_of(batch: Batch, gather: Callable) -> Rows:
    """The rows of the whole batch; `gather` is what an objective with `across` is called with."""
    index = jnp.arange(len(batch.inputs)) if batch.index is None else batch.index
    weights, every = gather((batch.weights, index))
    own = jnp.argmax(index[:, None] == every, axis=1)  # real rows differ in their index
    return Rows(weights, jnp.cumsum(weights > 0) - 1, own)


def normal_code(q: Any, objective: str) -> Normal:
    """A code of independent normals, its numbers in a row.

    Raises:
        ConfigError: the code is of another kind.
    """
    if type(q) is not Normal:
        raise ConfigError(f"--objective {objective}: the code is no diagonal normal; choose another objective")
    return Normal(flat(q.mean), flat(jnp.broadcast_to(q.log_variance, q.mean.shape)))

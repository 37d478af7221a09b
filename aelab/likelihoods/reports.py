"""The textbook's two losses, means over the entries: for reports and never for training."""

import jax.numpy as jnp
from jax.scipy.special import xlog1py, xlogy
from jaxtyping import Array, Float

from aelab.distributions import jit


@jit
def mse(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Mean squared error (1/n) Σ (y − ŷ)² over all n entries; for reports."""
    return jnp.square(y - y_hat).mean()


@jit
def bce(y: Float[Array, "*shape"], p: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Binary cross-entropy −(1/n) Σ [y log p + (1 − y) log(1 − p)] over all n entries, in nats; for reports.

    On probabilities, with their limits: 0·log 0 = 0, and infinite where an impossible value occurred.
    """
    return -(xlogy(y, p) + xlog1py(1 - y, -p)).mean()

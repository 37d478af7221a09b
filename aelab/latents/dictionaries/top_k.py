"""Units that are on where they are among the k of an event that answer most (Gao et al. 2024, arXiv:2406.04093)."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab.distributions import Sparse


class TopK(nn.Module):
    """z = max(a, 0) where a = W f + c is among the k largest of its event, else 0 (eq. 1)."""

    latent_dim: int
    k: int

    @nn.compact
    def __call__(self, features: Float[Array, "batch feature"]) -> Sparse:
        answers = nn.Dense(self.latent_dim, name="answers")(features)
        before = nn.relu(answers)
        value = jnp.where(kept(answers, self.k), before, 0)
        return Sparse(value, before, (value > 0).astype(jnp.float32))


def kept(answers: Float[Array, "batch unit"], k: int) -> Bool[Array, "batch unit"]:
    """The k largest of each row, exactly k of them: of equal ones the first. No gradient goes through the choice."""
    answers = jax.lax.stop_gradient(answers)
    largest, places = jax.lax.top_k(answers, k)
    last = largest.min(1, keepdims=True)  # and not largest[:, -1:]: XLA sorts all where one of them is wanted
    place = jnp.where(largest == last, places, -1).max(1, keepdims=True)
    return (answers > last) | ((answers == last) & (jnp.arange(answers.shape[1]) <= place))

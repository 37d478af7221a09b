"""A code in which few numbers are not 0 (Makhzani and Frey 2013, arXiv:1312.5663, section 2.1)."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class KLargest(NamedTuple):
    """The activation of a k-sparse code: behind another one, the `k` largest numbers stay and the others become 0.

    On a grid that is so at each place. Numbers that are equal to the k-th stay too. The gradient goes to those that
    stay.
    """

    k: int
    activation: Callable = lambda code: code

    def __call__(self, code: Float[Array, "batch *grid channel"]) -> Float[Array, "batch *grid channel"]:
        code = self.activation(code)
        last = jax.lax.top_k(code, self.k)[0].min(-1, keepdims=True)  # XLA sorts all where it sees one of them wanted
        return jnp.where(code >= last, code, 0)

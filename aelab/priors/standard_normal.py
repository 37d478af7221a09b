"""The prior of a plain VAE."""

from collections.abc import Sequence

import jax.numpy as jnp

from aelab.distributions import Normal


def standard_normal(shape: int | Sequence[int]) -> Normal:
    """N(0, I) over a code of this shape: a width, or the axes of a grid with its channels last."""
    zeros = jnp.zeros(shape)
    return Normal(zeros, zeros)

"""Priors p(z): a distribution over one code, or a Linen module whose parameters are learned and that returns one."""

from collections.abc import Sequence

import jax.numpy as jnp

from aelab.distributions import Normal


def standard_normal(shape: int | Sequence[int]) -> Normal:
    """N(0, I) over a code of this shape: a width, or the axes of a grid with its channels last."""
    zeros = jnp.zeros(shape)
    return Normal(zeros, zeros)

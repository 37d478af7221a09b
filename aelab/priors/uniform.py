"""The prior of a code on the sphere."""

import jax.numpy as jnp

from aelab.distributions import UniformSphere


def uniform(dims: int) -> UniformSphere:
    """All directions alike (Davidson et al. 2018, arXiv:1804.00891, section 3.2)."""
    return UniformSphere(jnp.zeros(dims))

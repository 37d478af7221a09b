"""What every flow must do: its log-determinant is that of its Jacobian, and its inverse leads back."""

import jax
import numpy as np


def check(forward, inverse, u, dims):
    """log |det| against `jax.jacobian`, and the way back, for functions of one row."""
    jacobian = np.float64(jax.jit(jax.vmap(jax.jacobian(lambda row: forward(row)[0])))(u)).reshape(len(u), dims, dims)
    z, log_volume = jax.jit(jax.vmap(forward))(u)
    np.testing.assert_allclose(log_volume, np.linalg.slogdet(jacobian)[1], rtol=1e-4, atol=5e-4)
    back, same = jax.jit(jax.vmap(inverse))(z)
    np.testing.assert_allclose(back, u, atol=2e-3)
    np.testing.assert_allclose(same, log_volume, rtol=1e-3, atol=1e-3)
    return jacobian

"""The logarithm of the modified Bessel function of the first kind, which normalises distributions on a sphere.

    I_ν(x) = Σ_k (x/2)^(2k+ν) / (k! Γ(k + ν + 1))

Near 0 it is this series. Elsewhere it is Debye's expansion in 1/√(ν² + x²), which holds for all orders at once (NIST
Digital Library of Mathematical Functions, 10.25.2 and 10.41.3).
"""

import math

import jax.numpy as jnp
from jax.nn import logsumexp
from jax.scipy.special import gammaln
from jaxtyping import Array, Float

TERMS = 40  # of the series; at the border its terms fall below 1e-9 of their sum after 30
BORDER = 14.0  # √(ν² + x²) from where on four terms of the expansion are right to 1e-6


def log_bessel(order: float, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """log I_ν(x) of each x > 0, for an order ν ≥ 0; right to 1e-5, and its slope too."""
    radius = jnp.hypot(order, x)
    near = radius < BORDER
    return jnp.where(near, _series(order, jnp.where(near, x, 1.0)), _debye(order, jnp.where(near, BORDER, x)))


def _series(order: float, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    k = jnp.arange(TERMS, dtype=x.dtype)
    powers = (2 * k + order) * jnp.log(0.5 * x)[..., None]
    return logsumexp(powers - gammaln(k + 1) - gammaln(k + order + 1), axis=-1)


def _debye(order: float, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """With r = √(ν² + x²) and t = ν/r: r − ν asinh(ν/x) − ½ log 2πr + log(1 + Σ u_k(t)/ν^k)."""
    radius = jnp.hypot(order, x)
    inverse, square = 1 / radius, jnp.square(order / radius)
    first = inverse * (3 - 5 * square) / 24
    second = inverse**2 * (81 + square * (-462 + square * 385)) / 1152
    third = inverse**3 * (30375 + square * (-369603 + square * (765765 - square * 425425))) / 414720
    inner = 94121676 + square * (-349922430 + square * (446185740 - square * 185910725))
    fourth = inverse**4 * (4465125 - square * inner) / 39813120
    leading = radius - order * jnp.arcsinh(order / x) - 0.5 * jnp.log(2 * math.pi * radius)
    return leading + jnp.log1p(first + second + third + fourth)

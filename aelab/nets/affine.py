"""Dense layers and layer norms written so that XLA makes good programs of their gradients on a CPU.

The gradient of a bias is a sum over many rows, and on a CPU XLA makes a slow window of a long sum: over 6,272 rows of
512 numbers, a matrix product with a row of ones is four times faster. Accelerators sum well, and their products may
round what they multiply, so there it stays a sum. The gradient of a kernel is a product with the transposed input, and
XLA copies what has several leading axes to transpose it: rows are laid flat before they meet one.
"""

from collections.abc import Callable
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def repeated(vector: Float[Array, "channel"], rows: tuple[int, ...]) -> Float[Array, "*rows channel"]:
    """The vector once for every row; its gradient is the sum over the rows."""
    return jnp.broadcast_to(vector, (*rows, len(vector)))


def _forward(vector, rows):
    return repeated(vector, rows), None


def _backward(rows, _, gradient):
    flat = gradient.reshape(-1, gradient.shape[-1])
    return (jax.lax.platform_dependent(flat, cpu=_product_with_ones, default=partial(jnp.sum, axis=0)),)


def _product_with_ones(flat: Float[Array, "row channel"]) -> Float[Array, "channel"]:
    ones = jax.lax.optimization_barrier(jnp.ones(len(flat), flat.dtype))  # XLA makes a sum of it where it sees ones
    return ones @ flat


repeated.defvjp(_forward, _backward)


def product(x: Float[Array, "*rows channel"], kernel: Float[Array, "channel feature"]) -> Float[Array, "*rows feature"]:
    """x `kernel`, the rows laid flat."""
    return (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], kernel.shape[-1])


def plus(y: Float[Array, "*rows feature"], bias: Float[Array, "feature"]) -> Float[Array, "*rows feature"]:
    """y + `bias`, whose gradient is a sum that is fast on each platform."""
    return y + repeated(bias, y.shape[:-1])


class Dense(nn.Module):
    """`flax.linen.Dense`: x `kernel` + `bias`, on the last axis."""

    features: int
    use_bias: bool = True
    kernel_init: Callable = nn.initializers.lecun_normal()

    @nn.compact
    def __call__(self, x: Float[Array, "*rows channel"]) -> Float[Array, "*rows feature"]:
        y = product(x, self.param("kernel", self.kernel_init, (x.shape[-1], self.features)))
        return plus(y, self.param("bias", nn.initializers.zeros, (self.features,))) if self.use_bias else y


class LayerNorm(nn.Module):
    """`flax.linen.LayerNorm` over the last axis (Ba, Kiros and Hinton 2016, arXiv:1607.06450)."""

    @nn.compact
    def __call__(self, x: Float[Array, "*rows channel"]) -> Float[Array, "*rows channel"]:
        scale = self.param("scale", nn.initializers.ones, (x.shape[-1],))
        bias = self.param("bias", nn.initializers.zeros, (x.shape[-1],))
        plain = nn.LayerNorm(use_scale=False, use_bias=False)(x)
        return plus(plain * repeated(scale, x.shape[:-1]), bias)

"""Attention over tokens that exist, and the pre-norm block of a Transformer.

Vaswani et al. 2017, arXiv:1706.03762, section 3.2; the norm inside the branch: Xiong et al. 2020, arXiv:2002.04745.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab.nets.affine import Dense, LayerNorm

Tokens = Float[Array, "batch token width"]
Mask = Bool[Array, "batch token"] | None  # tokens that exist


class Attention(nn.Module):
    """softmax(Q Kᵀ / √d) V in each head, heads side by side; keys outside `mask` have no weight. From x to `memory`.

    Parameters are those of `flax.linen.MultiHeadDotProductAttention` with the axes of heads merged, without the bias of
    the keys: it adds the same to all logits of a query, and a softmax does not see that.
    """

    heads: int

    @nn.compact
    def __call__(self, x: Tokens, memory: Tokens, mask: Mask = None) -> Tokens:
        width = x.shape[-1]

        def project(name: str, tokens: Tokens) -> Float[Array, "batch token head channel"]:
            tokens = Dense(width, use_bias=name != "key", name=name)(tokens)
            return tokens.reshape(*tokens.shape[:2], self.heads, -1)

        # Heads in front and keys transposed: plain batched matmuls, 1.1 to 1.2 times faster on a CPU than other orders.
        q = project("query", x).transpose(0, 2, 1, 3) / math.sqrt(width // self.heads)
        k = project("key", memory).transpose(0, 2, 3, 1)
        v = project("value", memory).transpose(0, 2, 1, 3)
        logits = q @ k
        if mask is not None:
            logits = jnp.where(mask[:, None, None], logits, jnp.finfo(logits.dtype).min)
        mixed = (jax.nn.softmax(logits) @ v).swapaxes(1, 2)
        return Dense(width, name="out")(mixed.reshape(*mixed.shape[:2], width))


class Block(nn.Module):
    """Tokens read `memory`, or each other, then each thinks alone: x + attention(norm(x)), then x + mlp(norm(x))."""

    heads: int

    @nn.compact
    def __call__(self, x: Tokens, memory: Tokens | None = None, mask: Mask = None) -> Tokens:
        h = LayerNorm(name="attention_norm")(x)
        x = x + Attention(self.heads, name="attention")(h, h if memory is None else memory, mask)
        h = Dense(4 * x.shape[-1], name="widen")(LayerNorm(name="norm")(x))
        return x + Dense(x.shape[-1], name="narrow")(nn.gelu(h))

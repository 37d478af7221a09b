"""A Transformer that says of each token what it may be, given those before it (Vaswani et al. 2017, arXiv:1706.03762).

All tokens of a code that is there are read at once. A code that is drawn comes token by token. Then the keys and values
of those before are kept, so that a token costs one pass for itself and attention to the others.
"""

import math
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from aelab.nets.affine import Dense, LayerNorm
from aelab.nets.attention import Tokens


class Kept(NamedTuple):
    """Keys and values of the tokens so far, and nothing yet of the others."""

    keys: Tokens
    values: Tokens


class CausalAttention(nn.Module):
    """softmax(Q Kᵀ / √d) V in each head, over a token and those before it."""

    width: int
    heads: int

    def setup(self):
        self.query, self.value, self.out = (Dense(self.width) for _ in range(3))
        self.key = Dense(self.width, use_bias=False)  # a bias would add the same to all logits of a query

    def __call__(self, x: Tokens) -> Tokens:
        return self.read(x, Kept(self.key(x), self.value(x)), np.tri(x.shape[1], dtype=bool))

    def step(self, x: Float[Array, "row 1 width"], kept: Kept, place: Int[Array, ""]) -> tuple[Tokens, Kept]:
        """What the token at a place reads, and it is kept too."""
        own = Kept(self.key(x), self.value(x))
        kept = jax.tree.map(lambda all_, new: jax.lax.dynamic_update_slice_in_dim(all_, new, place, 1), kept, own)
        return self.read(x, kept, jnp.arange(kept.keys.shape[1])[None] <= place), kept

    def read(self, x: Tokens, kept: Kept, seen) -> Tokens:
        """The values of `kept` that each token of x has `seen`, by attention."""

        def in_heads(tokens):
            return tokens.reshape(*tokens.shape[:2], self.heads, -1).transpose(0, 2, 1, 3)

        q, k, v = in_heads(self.query(x)), in_heads(kept.keys), in_heads(kept.values)
        logits = q @ k.swapaxes(2, 3) / math.sqrt(self.width // self.heads)
        share = jax.nn.softmax(jnp.where(seen, logits, jnp.finfo(logits.dtype).min))
        return self.out((share @ v).swapaxes(1, 2).reshape(x.shape))


class CausalBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    width: int
    heads: int

    def setup(self):
        self.attention_norm, self.norm = LayerNorm(), LayerNorm()
        self.attention = CausalAttention(self.width, self.heads)
        self.widen, self.narrow = Dense(4 * self.width), Dense(self.width)

    def __call__(self, x: Tokens) -> Tokens:
        return self.think(x + self.attention(self.attention_norm(x)))

    def step(self, x: Tokens, kept: Kept, place: Int[Array, ""]) -> tuple[Tokens, Kept]:
        read, kept = self.attention.step(self.attention_norm(x), kept, place)
        return self.think(x + read), kept

    def think(self, x: Tokens) -> Tokens:
        return x + self.narrow(nn.gelu(self.widen(self.norm(x))))


class CausalTransformer(nn.Module):
    """Logits of each of `length` tokens, one of `codes`, given those before it; `beside` are numbers that all see."""

    codes: int
    length: int
    width: int = 128
    depth: int = 4
    heads: int = 4

    def setup(self):
        unit = nn.initializers.normal(1.0)
        self.embedding = self.param("embedding", unit, (self.codes, self.width))
        self.start = self.param("start", unit, (self.width,))  # stands before the first
        self.positions = self.param("positions", unit, (self.length, self.width))
        self.told = Dense(self.width, use_bias=False)
        self.blocks = [CausalBlock(self.width, self.heads) for _ in range(self.depth)]
        self.norm, self.logits = LayerNorm(), Dense(self.codes)

    def __call__(self, tokens: Int[Array, "row token"], beside: Float[Array, "row side"] | None = None):
        """Logits `[row, token, code]`; those of a token depend on the ones before it alone."""
        start = jnp.broadcast_to(self.start, (tokens.shape[0], 1, self.width))
        before = jnp.concatenate([start, self.embedding[tokens[:, :-1]]], 1)
        x = before + self.positions + self.said(beside)
        for block in self.blocks:
            x = block(x)
        return self.logits(self.norm(x))

    def said(self, beside: Float[Array, "row side"] | None):
        """What every token is told."""
        return 0.0 if beside is None else self.told(beside)[:, None]

    def begin(self, rows: int) -> tuple[Kept, ...]:
        """What is kept before the first token, of each block."""
        nothing = jnp.zeros((rows, self.length, self.width))
        return (Kept(nothing, nothing),) * self.depth

    def step(self, kept: tuple[Kept, ...], place: Int[Array, ""], last: Int[Array, "row"], beside=None):
        """Logits `[row, code]` of the token at a place, given the last one and what is kept of those before it."""
        before = jnp.where(place == 0, self.start, self.embedding[last])[:, None]
        x, after = before + self.positions[place] + self.said(beside), []
        for block, own in zip(self.blocks, kept, strict=True):
            x, own = block.step(x, own, place)
            after.append(own)
        return self.logits(self.norm(x))[:, 0], tuple(after)

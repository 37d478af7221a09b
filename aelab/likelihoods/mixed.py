"""A row of a table, each column by the distribution of its kind.

    −log p(x|z) = Σ numbers (x − μ)² / 2σ² + log σ + ½ log 2π
                + Σ columns of 0 and 1 BCE(x, sigmoid(a)) − Σ columns of categories log softmax(a) at the level

in nats (HI-VAE: Nazabal et al. 2020, arXiv:1807.03653, section 3).
"""

import math
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Literal, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab import distributions


class Block(NamedTuple):
    """Entries side by side that are of one kind; those of a category are one choice."""

    kind: Literal["number", "binary", "category"]
    size: int  # entries


def blocks(columns: Iterable[Any]) -> tuple[Block, ...]:
    """The blocks of the columns of a spec: neighbours of a kind are one block, but each category is its own."""
    alike = groupby(enumerate(columns), lambda item: (item[1].kind, item[0] if item[1].kind == "category" else None))
    return tuple(Block(kind, sum(column.width for _, column in items)) for (kind, _), items in alike)


class Mixed(nn.Module):
    """The outputs are means of numbers, log odds of what is 0 or 1, and a log weight for each level of a category.

    `sigma="learned"` fits a log σ for each number with the network, from σ = 1.
    """

    blocks: tuple[Block, ...] = ()
    sigma: float | Literal["learned"] = 1.0
    outputs = 1

    @nn.compact
    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.Product:
        numbers = sum(block.size for block in self.blocks if block.kind == "number")
        if self.sigma != "learned":
            log_sigma = jnp.full((numbers,), math.log(self.sigma), outputs.dtype)
        elif numbers:
            log_sigma = self.param("log_sigma", nn.initializers.zeros, (numbers,))
        parts, start, first = [], 0, 0  # `first` counts numbers alone
        for kind, size in self.blocks:
            own, start = outputs[..., start : start + size], start + size
            if kind == "number":
                parts.append(distributions.Normal(own, 2 * log_sigma[first : first + size]))
                first += size
            else:
                parts.append(distributions.Bernoulli(own) if kind == "binary" else distributions.OneHot(own))
        return distributions.Product(tuple(parts))

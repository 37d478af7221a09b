"""Entries in [0, 1] as one of a few levels, each with a weight of its own."""

import flax.linen as nn
from jaxtyping import Array, Float

from aelab import distributions


class GreyLevels(nn.Module):
    """Entries in [0, 1] as one of `levels` evenly spaced values; the outputs are one log weight a level."""

    levels: int = 256

    @property
    def outputs(self) -> int:
        return self.levels

    def __call__(self, outputs: Float[Array, "batch *event choice"]) -> distributions.GreyLevels:
        return distributions.GreyLevels(outputs)

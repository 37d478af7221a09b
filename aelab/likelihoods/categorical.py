"""Entries that are numbers of choices."""

import flax.linen as nn
from jaxtyping import Array, Float

from aelab import distributions


class Categorical(nn.Module):
    """Entries that are numbers of choices, 0 to `choices` − 1; the outputs are one log weight a choice."""

    choices: int

    @property
    def outputs(self) -> int:
        return self.choices

    def __call__(self, outputs: Float[Array, "batch *event choice"]) -> distributions.Categorical:
        return distributions.Categorical(outputs)

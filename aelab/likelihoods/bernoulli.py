"""Entries in [0, 1] as coins."""

import flax.linen as nn
from jaxtyping import Array, Float

from aelab import distributions


class Bernoulli(nn.Module):
    """Entries in [0, 1] as coins; the outputs are log odds, the negative log likelihood is the BCE."""

    outputs = 1  # numbers the decoder must give for each entry

    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.Bernoulli:
        return distributions.Bernoulli(outputs)

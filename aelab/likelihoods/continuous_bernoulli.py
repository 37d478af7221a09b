"""Grey values in [0, 1] under a density that integrates to 1 (Loaiza-Ganem and Cunningham 2019, arXiv:1907.06845)."""

import flax.linen as nn
from jaxtyping import Array, Float

from aelab import distributions


class ContinuousBernoulli(nn.Module):
    """Entries in [0, 1], exp(ax) a / (exp(a) − 1); the outputs are the log odds a (eq. 5 and 6)."""

    outputs = 1

    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.ContinuousBernoulli:
        return distributions.ContinuousBernoulli(outputs)

"""Grey levels as a logistic, or a mixture of several, rounded to them (Salimans et al. 2017, arXiv:1701.05517, eq. 2).

`GreyLevels` has 256 outputs an entry and learns of each level by itself. Here there are three a part, and a level that
never occurred between two that did is likely too.
"""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab import distributions

NARROWEST = -7.0  # log s; the bound of the authors' program, without which s may become 0
START = -2.0  # log s where the outputs are 0: parts that are neither flat over [0, 1] nor one level wide


class DiscretisedLogistic(nn.Module):
    """Entries in [0, 1] that are one of `levels` values; the outputs are a centre, a log scale and a log weight a part.

    A single part has no weight. Outputs of 0 stand for logistics around ½.
    """

    levels: int = 256
    parts: int = 1

    @property
    def outputs(self) -> int:
        return 2 if self.parts == 1 else 3 * self.parts

    def __call__(self, outputs: Float[Array, "batch *event part"]) -> distributions.DiscretisedLogistic:
        centre, log_scale, *weights = jnp.split(outputs, self.outputs // self.parts, axis=-1)
        logits = weights[0] if weights else jnp.zeros_like(centre)
        log_scale = jnp.maximum(log_scale + START, NARROWEST)
        return distributions.DiscretisedLogistic(logits, centre + 0.5, log_scale, jnp.linspace(0, 1, self.levels))

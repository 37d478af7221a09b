"""Real entries whose variance the decoder gives, entry by entry, above a bound.

    σ = least + log(1 + exp(b)),    −log p(x|z) = Σ (x − μ)² / 2σ² + log σ + ½ log 2π

Without a bound the likelihood has no maximum: a decoder that meets one entry exactly makes its density as large as it
likes (Mattei and Frellsen 2018, arXiv:1802.04826, theorem 1); a bound gives one (their proposition 2).
"""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab import distributions


class BoundedNormal(nn.Module):
    """The outputs of an entry are μ and b; σ is at least `least`."""

    least: float = 0.01
    outputs = 2

    def __call__(self, outputs: Float[Array, "batch *event part"]) -> distributions.Normal:
        deviation = self.least + nn.softplus(outputs[..., 1])
        return distributions.Normal(outputs[..., 0], 2 * jnp.log(deviation))

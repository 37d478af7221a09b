"""Counts, such as molecules of each gene in a cell (Lopez et al. 2018, scVI, doi:10.1038/s41592-018-0229-2, methods).

    x ~ NegativeBinomial(m, r), or 0 with probability π where it is zero-inflated

The dispersion r is learned for each entry of an event, the mean m and π come from the decoder. With a library, the
total count of an event, m is its share: m = library · softmax(outputs) over the event.
"""

import math

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import NegativeBinomial, Shares, ZeroInflated

MOST = 12.0  # log m: above every count of 16 bits, and far from where exp overflows


class Counts(nn.Module):
    """Entries that are counts k, seen as k / (`levels` − 1); the outputs are log m, and the log odds of π if inflated.

    `library` are the shift and the scale with which total counts became the condition: condition · scale + shift is
    the total. None means that there is no such condition.
    """

    levels: int
    inflated: bool = False
    library: tuple[float, float] | None = None

    @property
    def outputs(self) -> int:
        return 2 if self.inflated else 1

    @property
    def takes(self) -> tuple[str, ...]:
        """A condition, if that is the total."""
        return () if self.library is None else ("condition",)

    @nn.compact
    def __call__(self, outputs: Float[Array, "batch *event"], condition: Float[Array, "batch *side"] | None = None):
        log_mean = outputs[..., 0] if self.inflated else outputs
        if condition is not None and self.library is not None:
            log_mean = _shared(log_mean, condition.reshape(outputs.shape[0]) * self.library[1] + self.library[0])
        dispersion = self.param("log_dispersion", nn.initializers.zeros, log_mean.shape[1:])
        counts = NegativeBinomial(jnp.minimum(log_mean, MOST), dispersion)
        whole = ZeroInflated(outputs[..., 1], counts) if self.inflated else counts
        return Shares(whole, jnp.asarray(self.levels - 1, outputs.dtype))


def _shared(logits: Float[Array, "batch *event"], total: Float[Array, "batch"]) -> Float[Array, "batch *event"]:
    """log of total · softmax over the event."""
    flat = nn.log_softmax(logits.reshape(logits.shape[0], math.prod(logits.shape[1:])))
    return (flat + jnp.log(jnp.maximum(total, 1.0))[:, None]).reshape(logits.shape)

"""Any encoder that is told which entries of its inputs a corruption took away.

What fills a hole may be a value like any other, as black is. So the encoder sees the hole as well, as further channels
that are 1 where an entry is hidden and 0 elsewhere (Pathak et al. 2016, arXiv:1604.07379, drop these entries; Liu et
al. 2018, arXiv:1804.07723, compare nets that see the mask as an input).
"""

from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab.takes import Around, handed


class SeeingEncoder(Around, nn.Module):
    """`net`, made for events of twice as many channels, of the event and beside it of what is hidden."""

    net: nn.Module

    more = ("hidden",)

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch *event"], *, hidden: Bool[Array, "batch *event"] | None = None, **context
    ):
        """Without `hidden` nothing is hidden."""
        marks = jnp.zeros_like(x) if hidden is None else hidden.astype(x.dtype)
        return self.net(jnp.concatenate([x, marks], -1), **handed("encoder", self.net, context))


def seeing(build: Callable, config: Any, event: Sequence[int], outputs: Sequence[int]) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder that `build(config, event, outputs)` makes, the encoder shown what is hidden."""
    _, decoder = build(config, event, outputs)
    encoder, _ = build(config, (*event[:-1], 2 * event[-1]), outputs)
    return SeeingEncoder(encoder), decoder

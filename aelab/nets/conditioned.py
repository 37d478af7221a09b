"""Any net with a condition beside its inputs (Kingma et al. 2014, arXiv:1406.5298, section 2; Sohn et al. 2015, NIPS).

Both papers put the condition c beside the input of a net. To the decoder's code it is appended as it is. To the encoder
it comes as a learned pattern Ec of the event's own shape, which is added to the event: a linear layer W then gives
Wx + WEc, as one that is given x and c side by side gives Wx + Vc. So no net needs to know of conditions, and none of
its layers becomes larger. E is 0 at first: training starts from the net without a condition.
"""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.nets.affine import Dense
from aelab.nets.padding import resized
from aelab.takes import Around, handed


class ConditionedEncoder(Around, nn.Module):
    """`net` of x + Ec, with a pattern for each number of the condition c."""

    net: nn.Module
    event: Sequence[int] = ()  # shape of one example; a masked series may come shorter or longer

    more = ("condition",)

    @nn.compact
    def __call__(self, x: Float[Array, "batch *event"], *, condition: Float[Array, "batch *side"], **context):
        beside = condition.reshape(x.shape[0], -1)
        patterns = Dense(math.prod(self.event), use_bias=False, kernel_init=nn.initializers.zeros, name="pattern")
        pattern = patterns(beside).reshape(x.shape[0], *self.event)
        pattern = pattern if x.ndim == 2 else resized(pattern, x.shape[1])
        return self.net(x + pattern, **handed("encoder", self.net, {**context, "condition": condition}))


class ConditionedDecoder(Around, nn.Module):
    """`net` of the code and the condition side by side; at each place of a code on a grid, the same condition."""

    net: nn.Module

    more = ("condition",)

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], *, condition: Float[Array, "batch *side"], **context):
        beside = condition.reshape(z.shape[0], *(1 for _ in z.shape[1:-1]), -1)
        beside = jnp.broadcast_to(beside, (*z.shape[:-1], beside.shape[-1])).astype(z.dtype)
        whole = jnp.concatenate([z, beside], -1)
        return self.net(whole, **handed("decoder", self.net, {**context, "condition": condition}))


def conditioned(encoder: nn.Module, decoder: nn.Module, event: Sequence[int]) -> tuple[nn.Module, nn.Module]:
    """Both nets for events of a shape, shown a condition."""
    return ConditionedEncoder(encoder, event=tuple(event)), ConditionedDecoder(decoder)

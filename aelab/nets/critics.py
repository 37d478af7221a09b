"""Critics: nets that say by a logit whether something is real, as functions `(params, …)` and `key -> params`.

They are no part of a model, and stand in `Experiment.networks`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.nets import mlp
from aelab.nets.activations import activations
from aelab.nets.affine import Dense
from aelab.takes import Around, handed


def of_codes(widths: Sequence[int], numbers: int, side: Sequence[int] = ()) -> tuple[Callable, Callable]:
    """`(params, codes [row, number], condition) -> logit [row]`, fully connected, and `key -> params`.

    With a condition of shape `side`, its numbers stand beside those of the code (Makhzani et al. 2015,
    arXiv:1511.05644, section 2.3).
    """
    net = mlp.Decoder((1,), widths, activations["leaky_relu"])

    def critic(params, codes: Float[Array, "row number"], condition=None) -> Float[Array, "row"]:
        both = codes if condition is None else jnp.concatenate([codes, condition.reshape(codes.shape[0], -1)], 1)
        logits: Any = net.apply({"params": params}, both)
        return logits[:, 0]

    blank = jnp.zeros((1, numbers + (math.prod(side) if side else 0)))
    return critic, lambda key: net.init(key, blank)["params"]


class EventCritic(Around, nn.Module):
    """A logit, by a linear layer on the features of an encoder, and these features."""

    net: nn.Module

    @nn.compact
    def __call__(self, x: Float[Array, "row *event"], **context) -> tuple[Float[Array, "row"], Float[Array, "row n"]]:
        features = self.net(x, **handed("critic", self.net, context))
        features = features.reshape(x.shape[0], -1)
        return Dense(1, name="logit")(features)[:, 0], features


def of_events(encoder: nn.Module, event: Sequence[int], side: Sequence[int] = ()) -> tuple[Callable, Callable]:
    """`(params, events, mask, condition) -> (logit [row], features [row, number])`, and `key -> params`.

    `encoder` is that of any net; if it takes a condition, that has the shape `side`.
    """
    net = EventCritic(encoder)

    def critic(params, events: Float[Array, "row *event"], mask=None, condition=None):
        context = handed("critic", net, {"mask": mask, "condition": condition})
        found: Any = net.apply({"params": params}, events, **context)
        return found

    condition = jnp.zeros((1, *side)) if side else None
    return critic, lambda key: net.init(key, jnp.zeros((1, *event)), **handed("critic", net, {"condition": condition}))[
        "params"
    ]

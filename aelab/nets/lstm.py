"""LSTM encoder and decoder over the steps of a series, or the rows of an image.

Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; as an autoencoder, Srivastava, Mansimov and
Salakhutdinov 2015, arXiv:1502.04681, section 2.
"""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from aelab.distributions import existing
from aelab.nets.affine import plus, product
from aelab.nets.checks import check_event, check_mask
from aelab.nets.recurrence import LONG, after, gates, states


def orthogonal(key, shape):
    """An orthogonal matrix for each gate, side by side."""
    blocks = [nn.initializers.orthogonal()(k, (shape[0], shape[0])) for k in jax.random.split(key, 4)]
    return jnp.concatenate(blocks, axis=1)


def remember(key, shape):
    """Zero, but 1 for the forget gate (Jozefowicz, Zaremba and Sutskever 2015, section 5)."""
    return jnp.repeat(jnp.array([0.0, 1.0, 0.0, 0.0]), shape[0] // 4)


def weights(module: nn.Module, channels: int, width: int, suffix: str = ""):
    """Of one layer: kernels for its input and its last state, and a bias. Columns: input, forget, cell, output gate."""
    inputs = module.param("inputs" + suffix, nn.initializers.lecun_normal(), (channels, 4 * width))
    hidden = module.param("hidden" + suffix, orthogonal, (width, 4 * width))
    return inputs, hidden, module.param("bias" + suffix, remember, (4 * width,))


def kernel(weights: tuple[Array, Array, Array]) -> Float[Array, "row gate"]:
    """The kernels of a layer and its bias on top of one another, as `states` reads them."""
    inputs, hidden, bias = weights
    return jnp.concatenate([inputs, bias[None], hidden])


class Layer(nn.Module):
    """One layer over time: its state h at every step. Where `mask` says there is no step, the state stays as it was."""

    width: int
    reverse: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "batch time channel"], mask: Bool[Array, "batch time"] | None = None):
        own = kernel(weights(self, x.shape[-1], self.width))
        exists = None if mask is None else mask.T[..., None]
        return states(x.swapaxes(0, 1), own, exists, x.shape[1], self.reverse).swapaxes(0, 1)


class Stack(nn.Module):
    """Layers that unfold one input over `steps` steps, then a linear layer to `outputs` numbers a step.

    With `feedback` the first layer is also fed the last output; before the first step, the output of a zero state.
    """

    width: int
    depth: int
    outputs: int
    feedback: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "batch channel"], steps: int) -> Float[Array, "batch time outputs"]:
        channels = [x.shape[-1], *[self.width] * (self.depth - 1)]
        layers = [kernel(weights(self, n, self.width, f"_{k}")) for k, n in enumerate(channels)]
        readout = self.param("outputs", nn.initializers.lecun_normal(), (self.width, self.outputs))
        output_bias = self.param("outputs_bias", nn.initializers.zeros, (self.outputs,))
        if self.feedback:
            feed = self.param("feedback", nn.initializers.lecun_normal(), (self.outputs, 4 * self.width))
            h = fed_back(x, layers, output_bias @ feed, readout @ feed, steps)
        else:
            h = x
            for own in layers:
                h = states(h, own, None, steps, False)
        return plus(product(h.swapaxes(0, 1), readout), output_bias)


def fed_back(x, layers: Sequence[Array], first, back, steps: int) -> Float[Array, "time batch width"]:
    """The state of the last layer at each step; the first is also fed the last output, which is linear in that state.

    So the kernels of the output and of its way back are one, `back`, and their biases are `first`.
    """
    width = layers[0].shape[1] // 4
    x = jnp.concatenate([x, jnp.ones((x.shape[0], 1), x.dtype)], -1) @ layers[0][: x.shape[-1] + 1] + first

    def step(state, _):
        following, h = [], state[-1][1]
        for k, own in enumerate(layers):
            below = h @ own[:width] + own[width] if k else x + h @ back
            following.append(after(state[k][0], gates(below + state[k][1] @ own[-width:])))
            h = following[-1][1]
        return following, h

    turn = jax.checkpoint(step, prevent_cse=False) if steps > LONG else step
    nothing = jnp.zeros((x.shape[0], width), x.dtype)
    return jax.lax.scan(turn, [(nothing, nothing)] * len(layers), None, length=steps)[1]


class Encoder(nn.Module):
    """`depth` layers, in both directions if `bidirectional`; the features are the state at the last step that exists.

    The backward direction ends at the first step; its state stands beside the forward one's: twice the features.
    """

    width: int = 128
    depth: int = 1
    bidirectional: bool = False

    takes = ("mask",)

    @nn.compact
    def __call__(self, x: Float[Array, "batch time *channel"], mask: Bool[Array, "batch time"] | None = None):
        check_event("lstm", x.shape[1:])
        check_mask(mask, x.shape[:2])
        ways = ("forward", "backward") if self.bidirectional else ("forward",)
        h = existing(x.reshape(*x.shape[:2], -1), mask)
        for k in range(self.depth):
            layers = [Layer(self.width, reverse=way == "backward", name=f"{way}_{k}") for way in ways]
            h = jnp.concatenate([layer(h, mask) for layer in layers], axis=-1)
        return jnp.concatenate([h[:, -1, : self.width], h[:, 0, self.width :]], axis=-1)


class Decoder(nn.Module):
    """The code at every step of `depth` layers, from a zero state on; as many steps as `mask` has, or the event."""

    event: Sequence[int]  # shape of the outputs of one example, the time in front
    width: int = 128
    depth: int = 1
    feedback: bool = False

    takes = ("mask",)
    gains_from_rows = True

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], mask: Bool[Array, "batch time"] | None = None):
        steps = self.event[0] if mask is None else mask.shape[-1]
        check_mask(mask, (z.shape[0], steps))
        stack = Stack(self.width, self.depth, math.prod(self.event[1:]), self.feedback, name="stack")
        return stack(z.reshape(z.shape[0], -1), steps).reshape(z.shape[0], steps, *self.event[1:])


def build(config, event: Sequence[int], outputs: Sequence[int]) -> tuple[Encoder, Decoder]:
    """Both of `config.width` and `config.depth`; `config.bidirectional` and `config.feedback` are options.

    Raises:
        ConfigError: an event without steps.
    """
    check_event("lstm", event)
    return (
        Encoder(config.width, config.depth, config.bidirectional),
        Decoder(outputs, config.width, config.depth, config.feedback),
    )

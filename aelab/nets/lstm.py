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

LONG = 256  # steps; over more, the gates are computed again in the backward pass instead of kept: half the memory


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


def cell(state, gates: Float[Array, "batch gate"], hidden: Float[Array, "width gate"]):
    """One step from (c, h): c' = σ(f) c + σ(i) tanh(g) and h' = σ(o) tanh(c'); i, f, g, o: `gates` + h `hidden`."""
    c, h = state
    i, f, g, o = jnp.split(gates + h @ hidden, 4, axis=-1)
    c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
    return c, nn.sigmoid(o) * jnp.tanh(c)


def scan(step, state, xs, *, steps: int, reverse: bool = False) -> Float[Array, "batch time width"]:
    """What `step` gives at each of `steps` steps; `xs` has the time in front."""
    step = jax.checkpoint(step, prevent_cse=False) if steps > LONG else step
    return jax.lax.scan(step, state, xs, length=steps, reverse=reverse)[1].swapaxes(0, 1)


class Layer(nn.Module):
    """One layer over time: its state h at every step. Where `mask` says there is no step, the state stays as it was."""

    width: int
    reverse: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "batch time channel"], mask: Bool[Array, "batch time"] | None = None):
        inputs, hidden, bias = weights(self, x.shape[-1], self.width)
        gates = plus(product(x.swapaxes(0, 1), inputs), bias)  # for all steps at once: only the state has to wait

        def step(state, here):
            gates, exists = here
            after = cell(state, gates, hidden)
            if exists is not None:
                after = jax.tree.map(lambda new, old: jnp.where(exists, new, old), after, state)
            return after, after[1]

        nothing = jnp.zeros((x.shape[0], self.width), gates.dtype)
        exists = None if mask is None else mask.T[..., None]
        return scan(step, (nothing, nothing), (gates, exists), steps=x.shape[1], reverse=self.reverse)


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
        layers = [weights(self, n, self.width, f"_{k}") for k, n in enumerate(channels)]
        kernel = self.param("outputs", nn.initializers.lecun_normal(), (self.width, self.outputs))
        output_bias = self.param("outputs_bias", nn.initializers.zeros, (self.outputs,))
        gates = x @ layers[0][0] + layers[0][2]  # the same at every step
        if self.feedback:  # the output is linear in the state: two matrices make one
            feed = self.param("feedback", nn.initializers.lecun_normal(), (self.outputs, 4 * self.width))
            gates, back = gates + output_bias @ feed, kernel @ feed

        def step(states, _):
            after = []
            h = states[-1][1]
            for k, (inputs, hidden, bias) in enumerate(layers):
                below = h @ inputs + bias if k else gates + h @ back if self.feedback else gates
                after.append(cell(states[k], below, hidden))
                h = after[-1][1]
            return after, h

        nothing = jnp.zeros((x.shape[0], self.width), gates.dtype)
        h = scan(step, [(nothing, nothing)] * self.depth, None, steps=steps)
        return plus(product(h, kernel), output_bias)


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

"""An LSTM layer over all its steps, with a backward pass of its own.

Reverse-mode differentiation of a loop keeps, at each step, the derivative of every operation in it, and adds the share
of each step to the gradient of the kernel. Here the loop keeps the gates and the states alone; the derivatives follow
from them. The gradient of the kernel is one product over all steps, behind the loop.

Greff et al. 2017, arXiv:1503.04069, appendix A has the equations, here without peepholes.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

LONG = 256  # steps; over more, the gates are computed again in the backward pass instead of kept: half the memory


class Gates(NamedTuple):
    """What a step lets in, keeps, adds and shows, `[batch, width]` each."""

    i: Array  # input gate
    f: Array  # forget gate
    g: Array  # candidate for the cell
    o: Array  # output gate


class Kept(NamedTuple):
    """What the backward pass reads: the arguments, and the gates and states of all steps, `[time, batch, width]`."""

    x: Array
    kernel: Array
    exists: Array | None
    gates: Gates | None  # None: to be computed again
    c: Array
    h: Array


def gates(a: Float[Array, "batch gate"]) -> Gates:
    """σ(i), σ(f), tanh(g) and σ(o) of what lies side by side."""
    i, f, g, o = jnp.split(a, 4, axis=-1)
    return Gates(jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o))


def after(c: Float[Array, "batch width"], gates: Gates) -> tuple[Array, Array]:
    """The next (c, h): c' = f c + i g and h' = o tanh(c')."""
    c = gates.f * c + gates.i * gates.g
    return c, gates.o * jnp.tanh(c)


@partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def states(
    x: Float[Array, "*time batch channel"],
    kernel: Float[Array, "row gate"],
    exists: Bool[Array, "time batch 1"] | None,
    steps: int,
    reverse: bool,
) -> Float[Array, "time batch width"]:
    """The state h behind each of `steps` steps, from a zero state on; last step first where `reverse`.

    `x` is the input at each step, or one input without a time, which is the same at every step. The rows of `kernel`
    are those of the input, one for the bias, and those of the state; its columns are those of the input gate, the
    forget gate, the candidate and the output gate. Where `exists` says that there is no step, the state stays.

    It has no forward-mode derivative (`jax.jvp`): transpose that of `jax.vjp`, as `objectives.rae` does.
    """
    return _forward(x, kernel, exists, steps, reverse)[0]


def _forward(x, kernel, exists, steps: int, reverse: bool) -> tuple[Array, Kept]:
    nothing = jnp.zeros((x.shape[-2], kernel.shape[1] // 4), x.dtype)

    def step(state, here):
        now, there = here
        new = gates(_packed(x if now is None else now, state[1]) @ kernel)
        state = _where(there, after(state[0], new), state)
        return state, (new if steps <= LONG else None, *state)

    own = x if x.ndim == 3 else None
    _, (kept, c, h) = jax.lax.scan(step, (nothing, nothing), (own, exists), length=steps, reverse=reverse)
    return h, Kept(x, kernel, exists, kept, c, h)


def _backward(steps: int, reverse: bool, kept: Kept, dh: Float[Array, "time batch width"]):
    x, kernel, exists, _, c, h = kept
    channels = x.shape[-1]
    back = jax.lax.optimization_barrier(kernel[channels + 1 :].T)  # transposed once, not at every step
    inputs = _packed(jnp.broadcast_to(x, (steps, *x.shape[-2:])), _before(h, reverse))

    def step(gradient, here):
        dc, dh = gradient
        own, new, row, c, before, there = here
        new = gates(row @ kernel) if new is None else new
        da, dc_before = _slopes(new, c, before, dc, dh + own)
        da = _where(there, da, jnp.zeros_like(da))
        return _where(there, (dc_before, da @ back), (dc, dh + own)), da

    again = inputs if kept.gates is None else None
    here = dh, kept.gates, again, c, _before(c, reverse), exists
    nothing = jnp.zeros_like(c[0])
    _, da = jax.lax.scan(step, (nothing, nothing), here, length=steps, reverse=not reverse)
    dkernel = inputs.reshape(-1, inputs.shape[-1]).T @ da.reshape(-1, da.shape[-1])
    shown = da if x.ndim == 3 else jax.lax.optimization_barrier(da).sum(0)  # fused with other sums, this one is slow
    return shown @ kernel[:channels].T, dkernel, None


states.defvjp(_forward, _backward)


def _slopes(gates: Gates, c: Array, before: Array, dc: Array, dh: Array) -> tuple[Array, Array]:
    """The gradients in what the gates are computed from, and in the cell before, from those in c and h."""
    i, f, g, o = gates
    bent = jnp.tanh(c)
    dc = dc + dh * o * (1 - bent * bent)
    da = dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), dh * bent * o * (1 - o)
    return jnp.concatenate(da, -1), dc * f


def _packed(x: Float[Array, "*time batch channel"], h: Float[Array, "*time batch width"]) -> Array:
    """[x, 1, h], whose product with the kernel is all that the gates are computed from, the bias too."""
    return jnp.concatenate([x, jnp.ones((*h.shape[:-1], 1), h.dtype), h], -1)


def _before(states: Float[Array, "time batch width"], reverse: bool) -> Float[Array, "time batch width"]:
    """The states that each step began with."""
    nothing = jnp.zeros_like(states[:1])
    return jnp.concatenate([states[1:], nothing] if reverse else [nothing, states[:-1]])


def _where(there: Array | None, new, old):
    """`new` where there is a step, else `old`."""
    return new if there is None else jax.tree.map(lambda new, old: jnp.where(there, new, old), new, old)

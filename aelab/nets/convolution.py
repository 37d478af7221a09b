"""Convolutions over images and series, fast on every platform: the library's on an accelerator, matmuls on a CPU.

XLA rewrites a convolution for the CPU only outside of loops: inside the `scan` of an epoch, the weight gradient becomes
naive loops, and a step of a small VAE takes 10 times as long. So a CPU multiplies patches by the kernel (im2col), and
spreads and adds the products for a transposed convolution; no gradient of these is a convolution.

Arrays are `[batch, *space, channel]` with one axis of space (a series) or two (an image), kernels `[*window, in, out]`.
`padding` is a pair (low, high) for each axis of space; a negative number crops.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial, reduce

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from aelab.nets.affine import product

Padding = Sequence[tuple[int, int]]


def conv(x: Float[Array, "batch *space in"], w: Float[Array, "*window in out"], stride: int, padding: Padding):
    """`lax.conv_general_dilated` with a kernel that is slid over `x` in steps of `stride`."""
    return _by_platform(matmul_conv, lax_conv, x, w, stride, padding)


def conv_transpose(
    x: Float[Array, "batch *space in"], w: Float[Array, "*window in out"], stride: int, padding: Padding
):
    """`lax.conv_transpose`: `conv` at stride 1 over `x` with `stride - 1` zeros between neighbours."""
    return _by_platform(matmul_conv_transpose, lax_conv_transpose, x, w, stride, padding)


def _by_platform(cpu: Callable, other: Callable, x, w, stride: int, padding: Padding):
    """Decided where the program is lowered; only that form is compiled, and derivatives take the same side."""
    static = {"stride": stride, "padding": padding}
    return lax.platform_dependent(x, w, cpu=partial(cpu, **static), default=partial(other, **static))


def down(size: int, stride: int) -> int:
    """How many outputs `conv` gives with the padding of `same`: output q looks around entry q * stride."""
    return math.ceil(size / stride)


def same(size: int, window: int, stride: int) -> tuple[int, int]:
    """Padding of an axis for `down(size, stride)` outputs. Unlike XLA's SAME, its low end does not depend on `size`."""
    low = (window - 1) // 2
    return low, (down(size, stride) - 1) * stride + window - size - low


def same_transpose(size: int, window: int, stride: int) -> tuple[int, int]:
    """Padding with which `conv_transpose` takes `down(size, stride)` entries back to `size`: the mirror of `same`."""
    low = window // 2
    return low, size + window - 2 - (down(size, stride) - 1) * stride - low


def lax_conv(x, w, stride: int, padding: Padding):
    """The library's convolution."""
    return lax.conv_general_dilated(x, w, (stride,) * (w.ndim - 2), padding, dimension_numbers=_layout(w))


def lax_conv_transpose(x, w, stride: int, padding: Padding):
    """The library's transposed convolution."""
    return lax.conv_transpose(x, w, (stride,) * (w.ndim - 2), padding, dimension_numbers=_layout(w))


def matmul_conv(x, w, stride: int, padding: Padding):
    """One slice of `x` for each entry of the window, side by side, times the kernel."""
    *window, _, out = w.shape
    x = _pad(x, padding)
    space = [(size - width) // stride + 1 for size, width in zip(x.shape[1:-1], window, strict=True)]
    steps = (1, *(stride for _ in window), 1)

    def entry(at):
        last = (i + (size - 1) * stride + 1 for i, size in zip(at, space, strict=True))
        return lax.slice(x, (0, *at, 0), (x.shape[0], *last, x.shape[-1]), steps)

    patches = jnp.concatenate([entry(at) for at in itertools.product(*map(range, window))], -1)
    return product(patches, w.reshape(-1, out))


def matmul_conv_transpose(x, w, stride: int, padding: Padding):
    """Every entry of `x` times the flipped kernel, the windows laid out `stride` apart and added where they meet."""
    *window, _, out = w.shape
    axes = range(len(window))
    spread = jnp.moveaxis(jnp.flip(w, axes), -2, 0)  # [in, *window, out]
    windows = product(x, spread.reshape(len(spread), -1)).reshape(*x.shape[:-1], *window, out)
    y = reduce(lambda y, axis: _overlap_add(y, 1 + axis, 1 + len(window), stride), axes, windows)
    crop = []
    for size, full, width, (low, high) in zip(x.shape[1:-1], y.shape[1:-1], window, padding, strict=True):
        start = low - (width - 1)
        crop.append((start, (size - 1) * stride + 2 + low + high - width - full - start))
    return _pad(y, crop)


def _overlap_add(y, space: int, window: int, stride: int):
    """Lay the windows of axis `window` out `stride` apart along axis `space` and add them, each phase by itself."""
    taps = [jnp.squeeze(tap, window) for tap in jnp.split(y, y.shape[window], window)]
    shifts = (len(taps) - 1) // stride

    def shifted(tap, by: int):
        return jnp.pad(tap, [(by, shifts - by) if axis == space else (0, 0) for axis in range(tap.ndim)])

    taps += [jnp.zeros_like(taps[0])] * (stride - len(taps))  # a phase that no window reaches
    phases = [sum(shifted(tap, by) for by, tap in enumerate(taps[phase::stride])) for phase in range(stride)]
    return lax.collapse(jnp.stack(phases, space + 1), space, space + 2)


def _pad(x, padding: Padding):
    return lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *((low, high, 0) for low, high in padding), (0, 0, 0)])


def _layout(w) -> tuple[str, str, str]:
    return ("NWC", "WIO", "NWC") if w.ndim == 3 else ("NHWC", "HWIO", "NHWC")

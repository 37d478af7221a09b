"""Both forms of the convolutions against each other, against the library's and against what a transpose is."""

import itertools

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from aelab.nets import convolution

IN, OUT = 3, 4
# Image sizes at every resolution of the nets, and lengths of series (prime ones, JapaneseVowels, ECG5000).
IMAGES = [(1, 1), (1, 2), (3, 5), (7, 7), (14, 14), (28, 28), (25, 25), (32, 48), (105, 105)]
SERIES = [(1,), (2,), (7,), (13,), (29,), (140,)]
WINDOWS = [(1, 2), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2), (5, 2)]  # with the stride
pytestmark = pytest.mark.usefixtures("exact")


@pytest.fixture
def exact():
    """Accelerators round the factors of a product unless told not to."""
    with jax.default_matmul_precision("highest"):
        yield


def close(actual, desired, tolerance=1e-5):
    """Equal, relative to the largest entry."""
    actual, desired = np.asarray(actual), np.asarray(desired)
    assert actual.shape == desired.shape
    np.testing.assert_allclose(actual, desired, rtol=0, atol=tolerance * max(np.abs(desired).max(initial=0), 1e-30))


def normal(shape, seed=0):
    """Drawn by numpy, which has nothing to compile."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def arrays(space, window, seed=0):
    return normal((2, *space, IN), seed), normal((*window, IN, OUT), seed + 100)


def value_and_gradients(function, x, w, stride, padding):
    def value(x, w):
        y = function(x, w, stride, padding)
        return jnp.sum(y * jnp.cos(jnp.arange(y.size).reshape(y.shape))), y

    gradients, y = jax.grad(value, (0, 1), has_aux=True)(x, w)
    return y, *gradients


def layout(w):
    return ("NWC", "WIO", "NWC") if w.ndim == 3 else ("NHWC", "HWIO", "NHWC")


def oracle(x, w, stride, padding):
    return lax.conv_general_dilated(x, w, [stride] * (w.ndim - 2), padding, dimension_numbers=layout(w))


def transposed_oracle(x, w, stride, padding):
    return lax.conv_transpose(x, w, [stride] * (w.ndim - 2), padding, dimension_numbers=layout(w))


def agree(*questions):
    """Value and both gradients of a form and of the library, for (form, library, x, w, stride, padding) each; all in
    one program.
    """

    @jax.jit
    def both(arrays):
        return [
            [value_and_gradients(f, x, w, stride, padding) for f in (form, library)]
            for (form, library, *_, stride, padding), (x, w) in zip(questions, arrays, strict=True)
        ]

    for ours, theirs in both([(x, w) for _, _, x, w, *_ in questions]):
        for actual, desired in zip(ours, theirs, strict=True):
            close(actual, desired)


def down_and_up(space, window, stride):
    """Both forms against the library's, from a size and back to it."""
    x, w = arrays(space, [window] * len(space))
    padding = [convolution.same(size, window, stride) for size in space]
    smaller = [convolution.down(size, stride) for size in space]
    y, v = arrays(smaller, [window] * len(space), seed=1)
    back = [convolution.same_transpose(size, window, stride) for size in space]
    assert jax.eval_shape(lambda y, v: convolution.conv_transpose(y, v, stride, back), y, v).shape == (2, *space, OUT)
    return (
        (convolution.matmul_conv, oracle, x, w, stride, padding),
        (convolution.matmul_conv_transpose, transposed_oracle, y, v, stride, back),
    )


SIZES = list(itertools.product(SERIES + IMAGES, WINDOWS))
# All windows on a short series and on an image of odd sizes, and one window at the ends of what the nets meet.
SHORT = [case for case in SIZES if case[0] in ((7,), (3, 5))] + [(space, (3, 2)) for space in ((1,), (1, 1), (28, 28))]
MIDDLE = [case for case in SIZES if max(case[0]) <= 32 and case[1] == (3, 2) and case not in SHORT]


def cases():
    """All windows at all sizes; each is a program to compile, so that only a few are fast."""
    for space, (window, stride) in SIZES:
        case = space, (window, stride)
        marks = () if case in SHORT else pytest.mark.ci if case in MIDDLE else pytest.mark.long
        yield pytest.param(space, window, stride, marks=marks, id=f"{space}-{window}-{stride}")


@pytest.mark.parametrize(("space", "window", "stride"), list(cases()))
def test_every_size_of_the_nets_goes_down_and_up_like_the_library(space, window, stride):
    agree(*down_and_up(space, window, stride))


@st.composite
def geometries(draw):
    """(size, window, low, high) for one or two axes, and a stride; every output has at least one entry."""
    axis = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(-1, 4), st.integers(-1, 4))
    possible = axis.filter(lambda a: a[0] + a[2] + a[3] >= a[1] and a[0] + min(a[2], a[3]) >= 1)
    return draw(st.lists(possible, min_size=1, max_size=2)), draw(st.integers(1, 3))


@hypothesis.settings(max_examples=6, derandomize=True, deadline=None)
@hypothesis.given(geometries())
def test_any_geometry_is_the_librarys(geometry):
    axes, stride = geometry
    sizes, window, low, high = zip(*axes, strict=True)
    x, w = arrays(sizes, window)
    padding = list(zip(low, high, strict=True))
    agree(
        (convolution.matmul_conv, oracle, x, w, stride, padding),
        (convolution.matmul_conv_transpose, transposed_oracle, x, w, stride, padding),
    )


@pytest.mark.parametrize(("window", "stride"), WINDOWS)
def test_up_is_the_transpose_of_down(window, stride):
    """⟨conv(x), y⟩ = ⟨x, conv_transpose(y)⟩ with the kernel flipped and its channels swapped."""
    x, w = arrays((7, 10), (window, window))
    low = [convolution.same(size, window, stride) for size in (7, 10)]
    high = [convolution.same_transpose(size, window, stride) for size in (7, 10)]
    y = normal((2, *(convolution.down(size, stride) for size in (7, 10)), OUT), seed=2)

    @jax.jit
    def products(x, y, w):
        up = convolution.conv_transpose(y, jnp.flip(w, (0, 1)).swapaxes(2, 3), stride, high)
        return jnp.vdot(convolution.conv(x, w, stride, low), y), jnp.vdot(x, up)

    np.testing.assert_allclose(*products(x, y, w), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("window", "stride"), WINDOWS)
def test_zeros_behind_a_series_change_no_output_of_it(window, stride):
    x, w = arrays((7,), (window,))

    @jax.jit
    def outputs(series, w):
        return [convolution.conv(x, w, stride, [convolution.same(x.shape[1], window, stride)]) for x in series]

    alone, *longer = map(np.asarray, outputs([np.pad(x, ((0, 0), (0, more), (0, 0))) for more in (0, 1, 2)], w))
    for padded in longer:
        close(padded[:, : alone.shape[1]], alone, 1e-6)


def training(x, stride=2):
    """A few steps of a tiny autoencoder in a scan, down and up again."""
    space = x.shape[1:-1]
    low = [convolution.same(size, 3, stride) for size in space]
    high = [convolution.same_transpose(size, 3, stride) for size in space]

    def loss(params):
        h = jnp.tanh(convolution.conv(x, params[0], stride, low))
        return jnp.square(convolution.conv_transpose(h, params[1], stride, high) - x).sum()

    def step(params, _):
        return jax.tree.map(lambda p, g: p - 1e-3 * g, params, jax.grad(loss)(params)), loss(params)

    return jax.jit(lambda params: lax.scan(step, params, None, length=3))


@pytest.mark.parametrize("space", [(9,), (6, 7)], ids=["series", "image"])
def test_a_cpu_never_convolves_and_an_accelerator_always_does(space):
    x, down = arrays(space, [3] * len(space))
    traced = training(x).trace((down, down.swapaxes(-1, -2)))

    def lowered(platform):
        return traced.lower(lowering_platforms=(platform,))

    assert "convolution" not in lowered("cpu").as_text()
    for platform in ("cuda", "tpu"):
        text = lowered(platform).as_text()
        assert text.count("stablehlo.convolution") >= 5  # two forward, two weight gradients, one of the input
    if jax.default_backend() == "cpu":
        compiled = lowered("cpu").compile().as_text()
        assert "convolution(" not in compiled
        assert "conditional(" not in compiled  # the platform is decided before


def test_training_in_a_scan_is_training_with_the_library():
    x, down = arrays((6, 7), (3, 3))
    params = (down, down.swapaxes(-1, -2))
    ours, losses = training(x)(params)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "conv", oracle)
        patch.setattr(convolution, "conv_transpose", transposed_oracle)
        theirs, library_losses = training(x)(params)
    jax.tree.map(close, ours, theirs)
    close(losses, library_losses)
    assert losses[-1] < losses[0]


def test_transformations_agree_with_the_librarys():
    x, w = arrays((5, 6), (3, 3))
    padding = [convolution.same(size, 3, 2) for size in (5, 6)]
    kernels = np.stack([w, 2 * w])
    for form, library in ((convolution.conv, oracle), (convolution.conv_transpose, transposed_oracle)):

        def of(function):
            @jax.jit
            def results(x, kernels):
                def f(x, w):
                    return function(x, w, 2, padding)

                members = jax.vmap(f, (None, 0))(x, kernels)  # a population
                rows = jax.vmap(lambda row: f(row[None], w)[0])(x)
                forward = jax.jvp(f, (x, w), (jnp.sin(x), jnp.cos(w)))[1]
                remat = jax.grad(jax.checkpoint(lambda w: jnp.square(f(x, w)).sum()))(w)
                second = jax.jvp(jax.grad(lambda w: jnp.sin(f(x, w)).sum()), (w,), (jnp.cos(w),))[1]
                return members, rows, forward, remat, second

            return results(x, kernels)

        jax.tree.map(close, of(form), of(library))
        close(form(x, w, 2, padding), library(x, w, 2, padding))  # without jit


def test_sizes_and_paddings_are_those_of_a_ceiling():
    for size, window, stride in itertools.product(range(1, 9), range(1, 6), range(1, 4)):
        (low, high), outputs = convolution.same(size, window, stride), convolution.down(size, stride)
        assert (size + low + high - window) // stride + 1 == outputs == -(-size // stride)
        assert low == (window - 1) // 2
        low, high = convolution.same_transpose(size, window, stride)
        assert (outputs - 1) * stride + 1 + low + high - window + 1 == size

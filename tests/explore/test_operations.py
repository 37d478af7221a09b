"""Each operation of the page against JAX, and against SciPy where JAX is no better."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from page_programs import agree, needs_node, run
from scipy import special

from aelab.errors import ConfigError
from aelab.explore.trace import program_of
from aelab.explore.weights import Weights

pytestmark = needs_node
A = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
B = np.random.default_rng(1).normal(size=(2, 4, 5)).astype(np.float32)
POSITIVE = np.abs(A) + 0.1


def test_what_moves_numbers():
    def moves(x):
        y = jnp.transpose(x, (2, 0, 1))
        return (
            y[::2, :, ::-1],
            jnp.broadcast_to(x[:, :1], (5, *x.shape))[3],
            lax.pad(x, 7.0, [(1, 2, 0), (-1, 0, 0), (0, -1, 0)]),
            lax.pad(x, 0.0, [(0, 1, 2), (0, 0, 1), (2, 0, 0)]),
            jnp.concatenate([x, 2 * x[:, :1], jnp.ones((2, 1, 4))], 1),
            jnp.stack([x[0], x[1] + 1], 1),
            x,
            jnp.zeros(3),
            *jnp.split(y, [1, 3]),
        )

    agree([(moves, [A])])


def test_elementwise_functions():
    def functions(x):
        p, half = jnp.abs(x) + 0.1, jnp.floor(3 * x) + 0.5
        simple = (jnp.exp(x), jnp.expm1(x), jnp.log(p), jnp.log1p(p), jnp.tanh(3 * x), jax.nn.sigmoid(x), lax.rsqrt(p))
        signs = (
            jnp.sign(x),
            jnp.round(4 * x),
            jnp.round(half),
            jnp.floor(x),
            jnp.ceil(x),
            -x,
            jnp.sqrt(p),
            jnp.sin(x),
            jnp.cos(x),
            x**3,
            x**-2,
            x**0,
        )
        pairs = (x - x[:, :1], x / p, jnp.maximum(x, 0.2), jnp.minimum(x, p), p**1.5, jnp.clip(x, -0.5, 0.5))
        return (*simple, *signs, *pairs, jax.nn.softplus(x), jax.nn.gelu(x), jax.nn.softmax(x, 1))

    agree([(functions, [A])])


def test_truth_values_choose():
    def choose(x):
        some = (x > 0) & ~(x > 1) | (x == x[0, 0, 0]) ^ (x <= -1)
        return jnp.where(some, x, -7.0), some.any(1).astype(jnp.float32), some.all((0, 2)), (2 * x).astype(int)

    agree([(choose, [A])])


def test_reductions_over_any_axes():
    def reductions(x):
        return x.sum(), x.sum((0, 2)), x.max(1), x.min(0), x.prod(2)

    agree([(reductions, [A])])


@pytest.mark.parametrize("vectors", [True, False])
def test_products_of_any_layout(vectors):
    wide = np.random.default_rng(2).normal(size=(37, 33)).astype(np.float32)
    rows = np.random.default_rng(3).normal(size=(7, 37)).astype(np.float32)
    products = [
        (lambda a, b: (a @ b, jnp.einsum("bik,bkj->jbi", a, b), jnp.einsum("bik,ckj->bicj", a, b)), [A, B]),
        (lambda x: (x @ wide, x[:1] @ wide, x[0] @ wide, wide.T @ x.T, (x @ wide).sum()), [rows]),
    ]
    agree(products, vectors=vectors)


def test_convolutions():
    x = np.random.default_rng(4).normal(size=(2, 7, 6, 3)).astype(np.float32)
    w = np.random.default_rng(5).normal(size=(3, 2, 3, 5)).astype(np.float32)

    def convolutions(x):
        usual = lax.conv_general_dilated(x, w, (2, 1), [(1, 2), (0, 1)], dimension_numbers=("NHWC", "HWIO", "NHWC"))
        spread = lax.conv_transpose(x, w, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        other = lax.conv_general_dilated(
            x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), (1, 1), [(2, 0), (-1, 1)], rhs_dilation=(2, 1)
        )
        return usual, spread, other

    agree([(convolutions, [x])])


def test_entries_of_a_book_are_found_and_looked_up():
    book = np.random.default_rng(7).normal(size=(9, 4)).astype(np.float32)

    def nearest(x):
        far = jnp.square(x[..., None, :] - book).sum(-1)
        index = far.argmin(-1)
        return jnp.asarray(book)[index], index, (-far).argmax(1), x[index[0, :2] % 2]

    agree([(nearest, [A])])


def test_loops_carry_and_collect():
    def loop(x):
        def step(carry, row):
            a, b = carry
            return (b, a + row.sum() * b), (row * a, b)

        carry, rows = lax.scan(step, (jnp.float32(1), x[0, 0, 0]), x[0], reverse=True)
        return *carry, *rows

    agree([(loop, [A])])


def test_the_error_function_is_that_of_scipy():
    x = np.linspace(-7, 7, 801, dtype=np.float32)
    ((found,),) = run([(lambda x: (jax.scipy.special.erf(x),), [x])])
    np.testing.assert_allclose(found, special.erf(x.astype(np.float64)), atol=1e-7)


def test_halves_are_those_of_numpy():
    odd = [0.0, -0.0, 1.0, -2.5, 6e-8, 6e-5, 65504.0, np.pi]
    weights = np.concatenate([odd, np.random.default_rng(6).normal(size=300)]).astype(np.float32)
    ((found,),) = run([(lambda x: (x * weights,), [np.ones(308, np.float32)])], half=True)
    np.testing.assert_array_equal(found, weights.astype(np.float16).astype(np.float64))


def test_equal_weights_are_kept_once_and_repeated_ones_as_one_number():
    weights = Weights()
    program_of(
        lambda x: (x + A + jnp.broadcast_to(3.0, A.shape), x * A), [jax.ShapeDtypeStruct(A.shape, "float32")], weights
    )
    assert sorted(array.size for array in weights.arrays) == [1, A.size]


def test_what_no_output_needs_may_be_anything():
    def sorts_in_vain(x):
        inner = jax.jit(lambda x: (x + 1, jnp.sort(x)[::-1] * 2))(x)
        return (inner[0],)

    agree([(sorts_in_vain, [A])])


def test_what_the_page_cannot_do_is_named():
    def within_a_loop(x):
        return (lax.scan(lambda carry, row: (carry, jnp.sort(row)), x[0], x)[1],)

    with pytest.raises(ConfigError, match="sort"):
        program_of(lambda x: (jnp.sort(x),), [jax.ShapeDtypeStruct((4,), "float32")], Weights())
    with pytest.raises(ConfigError, match="sort"):
        program_of(within_a_loop, [jax.ShapeDtypeStruct((2, 4), "float32")], Weights())

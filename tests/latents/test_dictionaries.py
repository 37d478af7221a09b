"""Which units of a wide code are on."""

import jax
import jax.numpy as jnp
import numpy as np

from aelab.latents.dictionaries import JumpReLU, TopK, kept
from aelab.latents.dictionaries.jump_relu import jump, step


def test_exactly_k_units_are_on_also_where_answers_are_equal():
    rng = np.random.default_rng(0)
    answers = rng.integers(-3, 4, (50, 20)).astype("f4")  # many are equal
    for k in (1, 7, 20):
        found = np.asarray(kept(jnp.asarray(answers), k))
        np.testing.assert_array_equal(found.sum(1), k)
        order = np.argsort(-answers, 1, kind="stable")[:, :k]
        np.testing.assert_array_equal(np.sort(np.nonzero(found)[1].reshape(50, k), 1), np.sort(order, 1))


def test_a_code_of_the_k_largest_has_k_numbers_and_a_gradient_in_them_alone():
    x = np.random.default_rng(1).normal(size=(9, 16)).astype("f4")
    params = {"answers": {"kernel": np.eye(16, dtype="f4"), "bias": np.full(16, 9, "f4")}}  # all answers are above 0

    @jax.jit
    def code(x):
        q = TopK(16, 5).apply({"params": params}, x)
        return q, jax.grad(lambda x: TopK(16, 5).apply({"params": params}, x).mode.sum())(x)

    q, slope = jax.tree.map(np.asarray, code(x))
    np.testing.assert_array_equal((q.mode != 0).sum(1), 5)
    np.testing.assert_array_equal(q.on, q.mode != 0)
    np.testing.assert_array_equal(slope, q.mode != 0)


def test_a_jump_has_the_slope_of_its_mean_over_many_answers():
    """In θ, the derivative of E[c(a) a H(a − θ)] and E[H(a − θ)], by their central difference over the bandwidth."""
    rng = np.random.default_rng(2)
    answers, weights = rng.exponential(1.0, (200_000, 1)).astype("f4"), rng.normal(1.0, 1.0, (200_000, 1)).astype("f4")
    theta, bandwidth = np.float32(0.6), 0.1

    @jax.jit
    def means(theta):
        return (weights * jump(answers, theta[None], bandwidth)).mean(), step(answers, theta[None], bandwidth).mean()

    slopes = jax.jit(jax.jacrev(means))(theta)
    above, below = (np.array(means(theta + side * bandwidth / 2), np.float64) for side in (1, -1))
    np.testing.assert_allclose(slopes, (above - below) / bandwidth, rtol=0.01)
    density = np.exp(-0.6)  # of the answers at θ: the exact derivatives are −E[c] θ p(θ) and −p(θ)
    np.testing.assert_allclose(slopes, [-0.6 * density, -density], rtol=0.05)


def test_only_answers_near_a_threshold_move_it_and_only_those_above_it_move():
    answers = np.float32([[0.0, 0.5], [0.96, 1.04], [1.06, 3.0]])
    threshold, slope = np.float32([1.0, 1.0]), np.float32([[1, 2], [3, 4], [5, 6]])
    value, back = jax.vjp(lambda a, t: jump(a, t, 0.1), answers, threshold)
    np.testing.assert_array_equal(value, np.where(answers > 1, answers, 0))
    to_answers, to_threshold = back(slope)
    np.testing.assert_array_equal(to_answers, np.where(answers > 1, slope, 0))
    np.testing.assert_allclose(to_threshold, [-3 / 0.1, -4 / 0.1], rtol=1e-6)
    _, back = jax.vjp(lambda a, t: step(a, t, 0.1), answers, threshold)
    np.testing.assert_array_equal(back(slope)[0], 0)


def test_a_threshold_is_above_0_and_begins_where_it_is_told():
    x = np.float32([[0.2, 0.4, 0.6]])
    answers = {"kernel": np.eye(3, dtype="f4"), "bias": np.zeros(3, "f4")}
    params = {"answers": answers, "log_threshold": np.log(np.full(3, 0.5, "f4"))}
    q = jax.jit(JumpReLU(3, 0.1, 0.5).apply)({"params": params}, x)
    np.testing.assert_allclose(q.mode, [[0, 0, 0.6]])
    fresh = jax.jit(JumpReLU(3, 0.1, 0.5).init)(jax.random.key(0), x)["params"]["log_threshold"]
    np.testing.assert_allclose(np.exp(fresh), 0.5, rtol=1e-6)

"""Sums over the entries of an event that exist."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.distributions import Bernoulli, Categorical, Normal, sum_event

MASK = np.arange(6) < np.array([[6], [2], [3], [0]])  # [batch, time]


@pytest.mark.parametrize("junk", [1e30, jnp.nan])
@pytest.mark.parametrize(
    "make",
    [
        lambda x: Normal(x, 0.3 * x),
        lambda x: Normal(x, jnp.float32(0.7)),
        lambda x: Bernoulli(x),
        lambda x: Categorical(jnp.stack([x, -x, 2 * x], -1)),
    ],
    ids=["normal", "normal_one_sigma", "bernoulli", "categorical"],
)
def test_entries_outside_the_mask_count_for_nothing(make, junk):
    key_params, key_x = jax.random.split(jax.random.key(0))
    params = jax.random.normal(key_params, (4, 6, 2))
    x = jax.random.bernoulli(key_x, 0.5, (4, 6, 2)) * 1.0
    padded = jnp.where(jnp.asarray(MASK)[..., None], x, junk)

    @jax.jit
    def evaluate(params, x):
        def value(params, x):
            return make(params).log_prob(x, jnp.asarray(MASK)).sum()

        return jax.value_and_grad(value)(params, x), jax.grad(value, 1)(params, x)

    (value, grad), grad_x = evaluate(params, padded)
    entries = make(params.reshape(-1, 1)).log_prob(x.reshape(-1, 1)).reshape(x.shape)
    np.testing.assert_allclose(value, np.asarray(entries)[MASK].sum(), rtol=1e-5)
    np.testing.assert_array_equal(grad[~MASK], 0)
    assert np.isfinite(grad).all()
    assert (grad[MASK] != 0).any()
    np.testing.assert_array_equal(grad_x[~MASK], 0)


def test_sum_event_leaves_one_number_per_example():
    values = jnp.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(sum_event(values), [66, 210])
    np.testing.assert_array_equal(
        sum_event(values, jnp.array([[1, 0, 0], [0, 1, 1]])), [0 + 1 + 2 + 3, 16 + 17 + 18 + 19 + 20 + 21 + 22 + 23]
    )


@pytest.mark.parametrize("entries", [784, 1024, 1025, 3072, 512 * 512 * 3])
def test_sums_are_right_to_a_millionth_at_any_size(entries):
    """Equal terms are the hardest: a sum that is added up in one order rounds each of them the same way."""
    terms = np.float32([[0.7], [1.1]]) + np.float32(1e-3) * np.random.default_rng(0).random((2, entries), np.float32)
    for values in (terms, np.broadcast_to(np.float32([[0.7], [1.1]]), terms.shape)):
        np.testing.assert_allclose(jax.jit(sum_event)(values), np.float64(values).sum(1), rtol=1e-6)

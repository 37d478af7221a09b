"""Running sums against float64, at magnitudes where a plain running sum in float32 is off by whole nats."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from aelab.evaluation.running import no_weights, nothing


def bound(weights):
    """L_k from log weights [k, row], with the sum that the library keeps."""

    def run(weights):
        found = jax.lax.fori_loop(
            0, len(weights), lambda i, so_far: so_far.plus(weights[i]), no_weights(weights.shape[1])
        )
        return found.largest + jnp.log(found.rest.sum / len(weights))

    return jax.jit(run)(weights)


@pytest.mark.parametrize("magnitude", [0.0, -100.0, -5e3, -1e6, 3e5])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("samples", [1, 7, 5000])
def test_a_bound_is_right_to_a_millionth(magnitude, spread, samples):
    rng = np.random.default_rng(0)
    weights = np.float32(magnitude + spread * rng.normal(size=(samples, 4)))
    exact = scipy.special.logsumexp(np.float64(weights), axis=0) - np.log(samples)
    np.testing.assert_allclose(bound(weights), exact, rtol=1e-6, atol=1e-6)


def test_weights_of_zero_add_nothing_wherever_they_come():
    one = np.float32([-np.inf, -5000, -np.inf, -np.inf])
    np.testing.assert_allclose(bound(np.stack([one, one[::-1]], 1)), -5000 - np.log(4), rtol=1e-6)
    np.testing.assert_array_equal(bound(np.full((3, 2), -np.inf, np.float32)), -np.inf)
    assert np.isnan(bound(np.float32([[0.0], [np.nan], [0.0]]))).all()


@pytest.mark.parametrize("magnitude", [-5000.3, 1e6])
def test_a_mean_is_right_to_a_millionth(magnitude):
    terms = np.float32(magnitude + np.random.default_rng(1).normal(size=(20_000, 3)))
    total = jax.jit(lambda t: jax.lax.fori_loop(0, len(t), lambda i, so_far: so_far.plus(t[i]), nothing(3)))(terms)
    np.testing.assert_allclose(total.sum / len(terms), np.float64(terms).mean(0), rtol=2e-7)
    impossible = nothing(1).plus(jnp.float32([-jnp.inf])).plus(jnp.float32([1.0]))
    assert np.isneginf(impossible.sum).all()

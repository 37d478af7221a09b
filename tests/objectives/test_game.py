"""Critics that may say anything of each of a few things, so that all expectations are sums."""

import jax
import jax.numpy as jnp
import numpy as np

from aelab.objectives.game import fooling, telling

REAL, MADE, OTHER = np.float32([[0.5, 0.3, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4], [0.25, 0.05, 0.6, 0.1]])  # of four things


def expected(logits, *made):
    """The critic's loss in the mean over what is real and what is made, each independent of the others."""
    shares = jnp.einsum("i,j,k->ijk", REAL, *made)
    of_real, *others = (logits[i.ravel()] for i in np.indices(shares.shape))
    return telling(of_real, *others).value @ shares.ravel()


def test_the_best_critic_is_the_log_ratio_of_the_shares():
    """Of what is made in two ways, the shares are those of both together."""
    slope = jax.jit(jax.grad(expected))
    for made in ((MADE, MADE), (MADE, OTHER)):
        best = np.log(REAL) - np.log((made[0] + made[1]) / 2)
        np.testing.assert_allclose(slope(best, *made), 0, atol=1e-6)
        assert abs(slope(best + np.float32([0.5, 0, 0, 0]), *made)).max() > 0.01


def test_a_critic_that_sees_no_difference_loses_log_2_and_tells_half():
    blind, sure = jnp.zeros(3), jnp.full(3, 4.0)
    np.testing.assert_allclose(telling(blind, blind).value, np.log(2), rtol=1e-6)
    np.testing.assert_allclose(telling(blind, blind).terms["told"], 0.5)
    np.testing.assert_allclose(telling(sure, -sure, sure).terms["told"], 0.75)
    np.testing.assert_allclose(telling(sure, -sure).terms["told"], 1)


def test_the_generator_loses_as_much_as_its_things_are_seen_through():
    one, other = np.float32([[0.2, 0.6, 0.9], [0.7, 0.8, 0.3]])  # that the critic gives to their being real
    loss = fooling(*(jnp.log(share) - jnp.log1p(-share) for share in (one, other)))
    np.testing.assert_allclose(loss.value, -(np.log(one) + np.log(other)) / 2, rtol=1e-5)
    np.testing.assert_allclose(loss.terms["fooled"], [0.5, 1, 0.5])

"""A draw with its log density, and the rate: for distributions with closed forms, without, and with their own."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from aelab.distributions import Normal, kl
from aelab.objectives import divergence, drawn

KEY, INDEX = jax.random.key(0), jnp.array([3, 8])
Q = Normal(jnp.array([[0.2], [-1.0]]), jnp.array([[0.1], [-0.5]]))
P = Normal(jnp.zeros(1), jnp.zeros(1))


class Shifted(NamedTuple):
    """3 + a normal: a distribution that tells a draw and its log density together, and has no `log_prob`."""

    base: Normal

    def sample_and_log_prob(self, key, index=None):
        z = self.base.sample(key, index)
        return z + 3, self.base.log_prob(z)


class Opaque(NamedTuple):
    """A normal whose divergences nobody knows in closed form."""

    base: Normal

    def sample(self, key, index=None):
        return self.base.sample(key, index)

    def log_prob(self, z, mask=None):
        return self.base.log_prob(z, mask)


class Knowing(Opaque):
    """One that has an estimate of its own."""

    def divergence(self, p, z):
        return 7 + z[:, 0]


def test_a_density_is_computed_when_it_is_asked_for():
    class Point(NamedTuple):  # no log_prob
        value: jax.Array

        def sample(self, key, index=None):
            return self.value

    z, _ = drawn(Point(Q.mean), KEY, INDEX)
    np.testing.assert_array_equal(z, Q.mean)
    z, log_q = drawn(Q, KEY, INDEX)
    np.testing.assert_array_equal(z, Q.sample(KEY, INDEX))
    np.testing.assert_array_equal(log_q(), Q.log_prob(z))


def test_what_a_distribution_draws_together_is_taken_together():
    z, log_q = drawn(Shifted(Q), KEY, INDEX)
    np.testing.assert_allclose(log_q(), Q.log_prob(z - 3), rtol=1e-5)


def test_the_rate_is_closed_then_ones_own_then_estimated():
    z, log_q = drawn(Q, KEY, INDEX)
    np.testing.assert_array_equal(divergence(Q, P, z, log_q), kl(Q, P))
    np.testing.assert_array_equal(divergence(Opaque(Q), P, z, log_q), Q.log_prob(z) - P.log_prob(z))
    np.testing.assert_array_equal(divergence(Knowing(Q), P, z, log_q), 7 + z[:, 0])
    z, log_q = drawn(Shifted(Q), KEY, INDEX)
    np.testing.assert_array_equal(divergence(Shifted(Q), P, z, log_q), log_q() - P.log_prob(z))

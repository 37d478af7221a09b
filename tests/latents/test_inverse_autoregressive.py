"""The inverse autoregressive flow: a triangular Jacobian whose determinant it says, and the way back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flows import check

from aelab import latents
from aelab.errors import ConfigError
from aelab.latents.inverse_autoregressive import Steps

RNG = np.random.default_rng(0)
DIMS, ROWS = 4, 5


@pytest.mark.parametrize("steps", [1, 2])
def test_the_volume_is_that_of_the_jacobian_and_the_inverse_leads_back(steps):
    u, features = RNG.normal(size=(ROWS, DIMS)).astype("f4"), RNG.normal(size=(1, 6)).astype("f4")
    flow = Steps(steps, 7)
    shapes = jax.eval_shape(flow.init, jax.random.key(0), u[:1], features)
    params = jax.tree.map(lambda leaf: 0.3 * RNG.normal(size=leaf.shape).astype("f4"), shapes)

    def way(method):
        def one(row):
            z, log_volume = flow.apply(params, row[None], features, method=method)
            return z[0], log_volume[0]

        return one

    jacobian = check(way("__call__"), way("inverse"), u, DIMS)
    if steps == 1:  # the order is turned round behind the step
        np.testing.assert_array_equal(np.triu(jacobian[:, ::-1], 1), 0)
        assert (np.tril(jacobian[:, ::-1], -1) != 0).any(0)[np.tril_indices(DIMS, -1)].all()


def test_the_density_of_a_draw_is_that_of_the_inverse():
    features = RNG.normal(size=(ROWS, 6)).astype("f4")
    head = latents.InverseAutoregressive(DIMS, 2, 5)
    params = jax.tree.map(
        lambda leaf: 0.5 * RNG.normal(size=leaf.shape).astype("f4"), head.init(jax.random.key(0), features)
    )

    @jax.jit
    def both(params):
        q = head.apply(params, features)
        z, log_q = q.sample_and_log_prob(jax.random.key(1))
        return log_q, q.log_prob(z)

    np.testing.assert_allclose(*both(params), rtol=1e-3, atol=1e-3)


def test_a_code_on_a_grid_is_refused():
    for head in (latents.InverseAutoregressive(2), latents.Planar(2), latents.VonMisesFisher(2)):
        with pytest.raises(ConfigError, match=r"^--posterior .*--latent-grid"):
            jax.eval_shape(head.init, jax.random.key(0), jnp.zeros((1, 2, 2, 3)))

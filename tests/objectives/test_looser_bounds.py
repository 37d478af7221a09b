"""MIWAE, CIWAE and PIWAE against the importance-weighted bound of the same draws, of which they are made."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.objectives import ciwae, iwae, miwae, piwae
from aelab.objectives.looser_bounds import weighed

SHIFT, LOG_RATIO = np.array([0.3, -0.5]), np.array([0.6, -0.4])
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def made(linear_gaussian):
    """`elbo_share -> (log weights [draw, row], values by name, slopes by name)` of six draws, compiled once."""
    world = linear_gaussian
    params, batch = world.params(SHIFT, LOG_RATIO), world.batch(2)
    members = {
        "iwae": (iwae, {"samples": 6}),
        "miwae": (miwae, {"samples": 3, "bounds": 2}),
        "one bound": (miwae, {"samples": 6, "bounds": 1}),
        "one draw": (miwae, {"samples": 1, "bounds": 6}),
        "piwae": (piwae, {"samples": 3, "bounds": 2}),
        "ciwae": (ciwae, {"samples": 6}),
    }

    @jax.jit
    def every(share):
        hyper = Hyper(own={"elbo_share": share})

        def total(params, name):
            loss, options = members[name]
            value = loss(world.model, params, KEY, batch, step=0, hyper=hyper, **options).value
            return value.sum(), value

        found = {name: jax.grad(total, has_aux=True)(params, name) for name in members}
        values, slopes = ({name: pair[i] for name, pair in found.items()} for i in (1, 0))
        return weighed(world.model, params, KEY, batch, 6)[0], values, slopes

    return lambda share=0.3: jax.tree.map(np.float64, every(jnp.float32(share)))


def log_mean_exp(log_w, axis):
    return np.log(np.exp(log_w).mean(axis))


def test_they_are_means_and_logarithms_of_means_of_the_same_weights(made):
    log_w, values, _ = made()
    assert (log_w.std(0) > 0.05).all()
    groups = log_mean_exp(log_w.reshape(2, 3, -1), 1).mean(0)
    whole, mean = log_mean_exp(log_w, 0), log_w.mean(0)
    expected = {"iwae": whole, "miwae": groups, "one bound": whole, "one draw": mean, "piwae": whole}
    expected["ciwae"] = 0.3 * mean + 0.7 * whole
    for name, value in expected.items():
        np.testing.assert_allclose(-values[name], value, rtol=1e-4, err_msg=name)
    assert (mean < groups).all()
    assert (groups < whole).all()


def test_at_its_ends_ciwae_is_the_bound_and_the_elbo_of_its_draws(made):
    for share, name in ((0.0, "iwae"), (1.0, "one draw")):
        _, values, slopes = made(share)
        np.testing.assert_allclose(values["ciwae"], values[name], rtol=1e-5)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), slopes["ciwae"], slopes[name])


def test_piwae_moves_the_decoder_by_one_bound_and_the_encoder_by_several(made):
    _, _, slopes = made()
    for part, name, other in (("decoder", "iwae", "miwae"), ("posterior", "miwae", "iwae")):
        found, expected, wrong = (jax.tree.leaves(slopes[which]["model"][part]) for which in ("piwae", name, other))
        for mine, right, left in zip(found, expected, wrong, strict=True):
            np.testing.assert_allclose(mine, right, rtol=1e-3, atol=1e-4)
            assert abs(mine - left).max() > 0.01

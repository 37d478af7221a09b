"""A config has the prior that it asks for, or one line says which fits its code."""

import jax
import pytest

from aelab import priors
from aelab.data.source import Spec
from aelab.errors import ConfigError
from experiments import vae

SPEC = Spec((4, 4, 1), "float32", "unit")


def chosen(**settings):
    return priors.chosen(vae.Config(latent_dim=2, **settings), SPEC, (2,))


@pytest.mark.parametrize("count", [3, 7])
def test_a_mixture_has_as_many_components_as_are_asked_for(count):
    prior = chosen(prior="mixture", prior_components=count)
    shapes = jax.eval_shape(prior.init, jax.random.key(0))
    assert {leaf.shape[0] for leaf in jax.tree.leaves(shapes)} == {count}


@pytest.mark.parametrize(
    ("posterior", "prior", "fitting"),
    [
        ("vmf", "standard_normal", "uniform"),
        ("normal", "uniform", "standard_normal"),
        ("layered", "vamp", "layered"),
        ("iaf", "vamp", "standard_normal"),
        ("planar", "vamp", "standard_normal"),
    ],
)
def test_a_prior_that_does_not_fit_the_code_is_refused(posterior, prior, fitting):
    with pytest.raises(ConfigError, match=f"--prior: {prior} is none for --posterior {posterior}; use {fitting}"):
        chosen(posterior=posterior, prior=prior)

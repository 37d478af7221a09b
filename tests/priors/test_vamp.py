"""VampPrior: with one pseudo-input it is that posterior, with several their mean; pseudo-inputs lie where events do."""

import jax
import numpy as np
import pytest
from small import small_model

from aelab import latents, priors
from aelab.errors import ConfigError
from aelab.model import View
from experiments import vae

EVENT, LATENT = (4, 3, 1), 2


class Ready:
    """A small model, its parameters, and codes to look at."""

    def __init__(self, components: int):
        self.prior = priors.Vamp(components, EVENT)
        self.model = small_model(EVENT, latents.Gaussian(LATENT), self.prior)
        rng = np.random.default_rng(0)
        shapes = jax.eval_shape(self.model.init, jax.random.key(0), np.zeros((1, *EVENT), "f4"))
        self.params = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape).astype("f4"), shapes)
        self.z = rng.normal(size=(5, LATENT)).astype("f4")

    def posteriors(self):
        """q(z|u) of all pseudo-inputs, which stand in the parameters by their log odds."""
        pseudo = np.float32(1 / (1 + np.exp(-self.params["model"]["prior"]["pseudo"])))
        return self.model.encode(self.params, pseudo)


def test_with_one_pseudo_input_it_is_that_posterior():
    ready = Ready(1)
    p, q = ready.model.prior(ready.params), ready.posteriors()
    np.testing.assert_allclose(p.log_prob(ready.z), q.log_prob(ready.z), rtol=1e-5)
    drawn = p.sample(jax.random.key(0), np.arange(2000))
    np.testing.assert_allclose(drawn.mean(0), q.mean[0], atol=5 * float(q.stddev.max()) / 2000**0.5)
    np.testing.assert_allclose(drawn.std(0), q.stddev[0], rtol=0.1)


def test_with_several_it_is_their_mean():
    ready = Ready(3)
    q = ready.posteriors()
    parts = np.stack([np.exp(np.float64(q.log_prob(np.repeat(z[None], 3, 0)))) for z in ready.z])
    np.testing.assert_allclose(ready.model.prior(ready.params).log_prob(ready.z), np.log(parts.mean(1)), rtol=1e-4)


@pytest.mark.parametrize("values", ["unit", "real"])
def test_pseudo_inputs_lie_where_events_do(values):
    ready, seen = Ready(4), []

    class Watched(View):
        def encode(self, inputs, **context):
            seen.append(inputs)
            return super().encode(inputs, **context)

    params = {"params": {"pseudo": 5 * ready.params["model"]["prior"]["pseudo"]}}
    priors.Vamp(4, EVENT, values).apply(params, view=Watched(ready.model, ready.params))
    inside = ((seen[0] >= 0) & (seen[0] <= 1)).all()
    assert inside == (values == "unit")


def test_a_condition_is_refused():
    from aelab.data.source import Spec

    with pytest.raises(ConfigError, match=r"^--prior vamp: .*--condition"):
        vae.build(vae.Config(prior="vamp"), Spec(EVENT, "uint8", "unit", condition="label", side=(10,)))

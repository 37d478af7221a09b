"""Encoder and decoder of every net on the page against those of JAX."""

import jax
import numpy as np
import pytest
from page_programs import agree, needs_node

from aelab import latents, likelihoods, nets
from aelab.config import Config
from aelab.model import Autoencoder
from aelab.seeds import key_shape

pytestmark = needs_node
IMAGE, SERIES = (6, 4, 1), (9, 2)
SMALL = {
    "mlp": {"widths": (8,), "shortcut": True},
    "conv": {"channels": (4,), "norm": "group", "residual": 1},
    "lstm": {"width": 4, "depth": 2, "bidirectional": True, "feedback": True},
    "transformer": {"width": 8, "heads": 2},
}


def jobs_of(net: str, event: tuple[int, ...], posterior, *, masked: bool = False, **settings):
    """Both programs of a model with random parameters, and what they are given."""
    config = Config(net=net, **SMALL[net] | settings)
    likelihood = likelihoods.choose("bernoulli", "unit")
    encoder, decoder = nets.menu[net](config, event, likelihoods.event_outputs(likelihood, event))
    model = Autoencoder(encoder=encoder, posterior=posterior, decoder=decoder, likelihood=likelihood)
    random = np.random.default_rng(3)
    x = random.uniform(size=(1, *event)).astype(np.float32)
    shapes = jax.eval_shape(model.init, key_shape(), x)
    params = jax.tree.map(lambda w: (0.5 * random.normal(size=w.shape)).astype(np.float32), shapes)
    mask = [np.arange(event[0])[None] < event[0] - 3] if masked else []

    def encode(x, *mask):
        return tuple(model.encode(params, x, mask=mask[0] if mask else None))

    def decode(z, *mask):
        return (model.decode(params, z, mask=mask[0] if mask else None).mean,)

    z = jax.eval_shape(encode, x, *mask)[0]
    return [(encode, [x, *mask]), (decode, [np.full(z.shape, 0.7, np.float32), *mask])]


@pytest.mark.parametrize("net", nets.menu)
@pytest.mark.parametrize("event", [IMAGE, SERIES], ids=["image", "series"])
def test_a_gaussian_code(net, event):
    agree(jobs_of(net, event, latents.Gaussian(3)))


@pytest.mark.parametrize("net", nets.menu)
def test_a_point_of_a_masked_series(net):
    agree(jobs_of(net, SERIES, latents.Point(3), masked=True))


def test_a_code_on_a_grid_without_vector_instructions():
    agree(jobs_of("conv", IMAGE, latents.Gaussian(2), latent_grid=True), vectors=False)

"""Encoders that are shown what is hidden."""

import jax
import numpy as np
import pytest

from aelab import latents, likelihoods
from aelab.model import Autoencoder
from aelab.nets import conv, mlp, transformer
from aelab.nets.conditioned import ConditionedEncoder
from aelab.nets.seeing import SeeingEncoder
from aelab.takes import offers, takes

RNG = np.random.default_rng(0)
X, HIDDEN = RNG.normal(size=(4, 3, 2)).astype("f4"), RNG.random((4, 3, 2)) < 0.5


def test_a_linear_encoder_gives_what_it_gives_for_event_and_hole_side_by_side():
    net = mlp.Encoder((7,), lambda h: h)
    beside = np.concatenate([X, HIDDEN.astype("f4")], -1)
    features, params = net.init_with_output(jax.random.key(0), beside)
    seeing, inner = SeeingEncoder(net), {"params": {"net": params["params"]}}
    np.testing.assert_allclose(seeing.apply(inner, X, hidden=HIDDEN), features, rtol=1e-6)
    nothing = net.apply(params, np.concatenate([X, np.zeros_like(X)], -1))
    np.testing.assert_allclose(seeing.apply(inner, X), nothing, rtol=1e-6)


@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "behind a condition"])
def test_a_model_hands_it_the_hole(wrapped):
    encoder = SeeingEncoder(mlp.Encoder((7,), lambda h: h))
    encoder = ConditionedEncoder(encoder, event=(3, 2)) if wrapped else encoder
    parts = {"posterior": latents.Point(2), "decoder": mlp.Decoder((3, 2), (7,)), "likelihood": likelihoods.Normal(1.0)}
    model, condition = Autoencoder(encoder=encoder, **parts), {"condition": np.ones((4, 1), "f4")} if wrapped else {}
    params = model.init(jax.random.key(0), X, **condition)
    whole, holed = (model.encode(params, X, hidden=hidden, **condition).mode for hidden in (None, HIDDEN))
    assert not np.allclose(whole, holed)


def test_it_takes_and_offers_what_its_net_does_too():
    grid, blocks = SeeingEncoder(conv.Encoder((8, 4), grid=True)), SeeingEncoder(transformer.Encoder(None))
    assert (takes(grid), offers(grid)) == (("mask", "hidden"), ("code_mask",))
    np.testing.assert_array_equal(grid.code_mask(np.ones((2, 8), bool)), np.ones((2, 2), bool))
    assert offers(blocks) == ("recomputing",)
    assert blocks.recomputing().net.remat

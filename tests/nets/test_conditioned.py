"""Nets that are shown a condition: what it adds to each, on any of the four nets."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import latents, likelihoods, nets, priors
from aelab.model import Autoencoder
from aelab.nets import conv, mlp, transformer
from aelab.nets.conditioned import ConditionedDecoder, ConditionedEncoder, conditioned
from aelab.takes import offers, takes

RNG = np.random.default_rng(0)
CONDITION = RNG.normal(size=(4, 3)).astype("f4")
SETTINGS = {
    "activation": "gelu",
    "depth": 1,
    "width": 8,
    "widths": (6,),
    "mirror": True,
    "shortcut": False,
    "channels": (4,),
    "kernel": 3,
    "residual": 0,
    "norm": "none",
    "dense": 0,
    "latent_grid": False,
    "bidirectional": False,
    "feedback": False,
    "heads": 2,
    "patch": 0,
    "positions": "learned",
    "max_length": 0,
}


def drawn(shapes):
    rng = np.random.default_rng(3)
    return jax.tree.map(lambda leaf: rng.normal(0, 0.5, leaf.shape).astype(leaf.dtype), shapes)


def test_a_linear_encoder_gives_what_it_gives_for_event_and_condition_side_by_side():
    x = RNG.normal(size=(4, 5)).astype("f4")
    encoder = ConditionedEncoder(mlp.Encoder((7,), lambda h: h), event=(5,))
    params = drawn(jax.eval_shape(lambda: encoder.init(jax.random.key(0), x, condition=CONDITION)))["params"]
    w, b = params["net"]["Dense_0"]["kernel"], params["net"]["Dense_0"]["bias"]
    beside = np.concatenate([x, CONDITION], 1) @ np.concatenate([w, params["pattern"]["kernel"] @ w]) + b
    got = jax.jit(encoder.apply)({"params": params}, x, condition=CONDITION)
    np.testing.assert_allclose(got, beside, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("code", [(2,), (3, 2, 2)], ids=["vector", "grid"])
def test_a_decoder_reads_code_and_condition_side_by_side_at_every_place(code):
    net, z = mlp.Decoder((5,), (6,)), RNG.normal(size=(4, *code)).astype("f4")
    decoder = ConditionedDecoder(net)
    params = drawn(jax.eval_shape(lambda: decoder.init(jax.random.key(0), z, condition=CONDITION)))["params"]
    beside = np.broadcast_to(CONDITION.reshape(4, *[1] * (z.ndim - 2), 3), (*z.shape[:-1], 3))
    expected = net.apply({"params": params["net"]}, np.concatenate([z, beside], -1))
    got = decoder.apply({"params": params}, z, condition=CONDITION)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_training_starts_from_the_encoder_without_a_condition():
    x, net = RNG.normal(size=(4, 5)).astype("f4"), mlp.Encoder((7,))
    encoder = ConditionedEncoder(net, event=(5,))
    params = encoder.init(jax.random.key(0), x, condition=CONDITION)["params"]
    np.testing.assert_array_equal(
        encoder.apply({"params": params}, x, condition=CONDITION), net.apply({"params": params["net"]}, x)
    )


@pytest.mark.parametrize("net", nets.menu)
@pytest.mark.parametrize("event", [(8, 8, 1), (9, 2)], ids=["image", "series"])
def test_every_net_heeds_the_condition_and_no_padding(net, event):
    config = SimpleNamespace(**SETTINGS)
    encoder, decoder = conditioned(*nets.menu[net](config, event, event), event)
    model = Autoencoder(
        encoder=encoder,
        posterior=latents.Gaussian(3),
        prior=priors.standard_normal(3),
        decoder=decoder,
        likelihood=likelihoods.Normal(),
    )
    x = RNG.normal(size=(4, *event)).astype("f4")
    params = drawn(jax.eval_shape(lambda: model.init(jax.random.key(0), x, condition=CONDITION)))
    assert model.conditional

    @jax.jit
    def both(params, x, mask, condition):
        q = model.encode(params, x, mask=mask, condition=condition)
        return q.mean, model.decode(params, q.mean * 0, mask=mask, condition=condition).mean

    mask = None if len(event) == 3 else np.arange(9) < np.array([9, 4, 1, 6])[:, None]
    here, other = both(params, x, mask, CONDITION), both(params, x, mask, CONDITION[::-1])
    for one, two in zip(here, other, strict=True):
        assert (np.abs(np.asarray(one) - two) > 1e-4).any()
    if mask is not None:
        longer = np.pad(np.where(mask[..., None], x, 7), ((0, 0), (0, 3), (0, 0)), constant_values=5)
        longer_mask = np.pad(mask, ((0, 0), (0, 3)))
        if net != "transformer":  # whose longest series is declared
            z, made = both(params, longer.astype("f4"), longer_mask, CONDITION)
            np.testing.assert_allclose(z, here[0], rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(made[:, :9][mask], here[1][mask], rtol=1e-4, atol=1e-5)


def test_a_wrapped_net_takes_and_offers_what_it_did():
    encoder, decoder = conditioned(conv.Encoder((8, 2), grid=True), mlp.Decoder((8, 2)), (8, 2))
    assert set(takes(encoder)) == {"mask", "condition"}
    assert takes(encoder) + takes(decoder) == ("mask", "condition") * 2
    assert offers(encoder) == ("code_mask",)
    mask = np.arange(8) < np.array([[8], [3]])
    np.testing.assert_array_equal(encoder.code_mask(mask), conv.Encoder((8, 2), grid=True).code_mask(jnp.asarray(mask)))
    blocks = conditioned(transformer.Encoder(None), transformer.Decoder((8, 2), None), (8, 2))
    assert all(offers(net) == ("recomputing",) and net.recomputing().net.remat for net in blocks)

"""Compiled programs of a model: one for all runs of a recipe, with the parameters as arguments."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import latents, likelihoods, priors
from aelab.distributions import Normal
from aelab.evaluation import programs
from aelab.model import Autoencoder
from aelab.nets import mlp

X = np.random.default_rng(0).random((3, 4), "f4")


def model(width=5, prior=None, **more):
    return Autoencoder(
        encoder=mlp.Encoder((width,)),
        posterior=latents.Gaussian(2),
        prior=priors.standard_normal(2) if prior is None else prior,
        decoder=mlp.Decoder((4,), (width,)),
        likelihood=likelihoods.Bernoulli(),
        **more,
    )


def test_models_of_equal_parts_are_equal():
    assert model() == model()
    assert hash(model()) == hash(model())
    others = [
        model(width=6),
        model(prior=priors.standard_normal(3)),
        model(prior=Normal(jnp.zeros(2), jnp.ones(2))),
        model(precision="bf16"),
        model(remat=True),
    ]
    for other in others:
        assert model() != other
    assert model() != model().parts


def test_a_model_whose_part_cannot_be_hashed_is_equal_to_itself_alone():
    @dataclasses.dataclass
    class Weighted(mlp.Encoder):
        weights: np.ndarray | None = None

    parts = model().parts._asdict()
    one, same = (Autoencoder(**{**parts, "encoder": Weighted((5,), weights=np.ones(2))}) for _ in range(2))
    assert one == one
    assert one != same
    assert len({one, same}) == 2


@pytest.fixture
def two():
    """Two models of one recipe and different parameters."""
    return [(m := model(), programs.initialised(m, jax.random.key(seed), X)) for seed in (0, 1)]


def test_runs_of_one_recipe_share_their_programs(two):
    for program in (programs.encoded, programs.code, programs.rebuilt):
        before = program.jitted._cache_size()
        for own, params in two:
            program(own, params, X)
        assert program.jitted._cache_size() == before + 1


def test_a_program_gives_what_the_model_gives(two):
    key, index = jax.random.key(3), jnp.arange(3)
    for own, params in two:
        z = own.encode(params, X).mode
        np.testing.assert_allclose(programs.encoded(own, params, X).mode, z, rtol=1e-5)
        np.testing.assert_allclose(programs.code(own, params, X), z, rtol=1e-5)
        np.testing.assert_allclose(programs.decoded(own, params, z), own.decode(params, z).mean, rtol=1e-5)
        np.testing.assert_allclose(programs.rebuilt(own, params, X), own.reconstruct(params, X), rtol=1e-5)
        logits = own.decode(params, z).logits
        np.testing.assert_allclose(programs.rebuilt(own, params, X, part="logits"), logits, rtol=1e-4, atol=1e-6)
        made = own.generate(params, key, index)
        np.testing.assert_allclose(programs.generated(own, params, key, index), made, rtol=1e-5)

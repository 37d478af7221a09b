"""Scores of events of another set against the model's own pieces, and sets that are alike or shifted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import small_model

from aelab import latents, priors
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.errors import DataError
from aelab.evaluation import out_of_distribution as ood
from aelab.evaluation.bounds import held_out_bound

KEY, EVENT = jax.random.key(0), (4, 4, 1)
SPEC = Spec(EVENT, "uint8", "unit", 255.0)


def images(seed, n=200, most=256):
    return ArraySource(np.random.default_rng(seed).integers(0, most, (n, *EVENT), np.uint8), None, SPEC)


@pytest.fixture(scope="module")
def fitted():
    model = small_model(EVENT, latents.Gaussian(2), priors.standard_normal(2))
    params = jax.jit(model.init)(KEY, jnp.zeros((1, *EVENT)))
    params["model"]["decoder"] = jax.tree.map(lambda leaf: leaf * 0, params["model"]["decoder"])
    return model, params  # every pixel is a coin that is fair


def test_scores_are_those_of_the_events(fitted):
    model, params = fitted
    source = images(0)
    found = ood.strangeness(model, params, KEY, source, samples=5)
    x = source.x / 255
    np.testing.assert_allclose(found["error"], np.square(x - 0.5).sum((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(found["l_k"], -held_out_bound(model, params, KEY, source, 5), rtol=1e-6)
    assert (found["l_k"] <= found["elbo"] + 1e-3).all()  # a mean of weights is above the mean of their logarithms


def test_sets_alike_cannot_be_told_and_dark_ones_can(fitted):
    sets = {"train": images(1), "own": images(2)}
    alike = ood.told_apart(*fitted, KEY, **sets, other=images(3), samples=2)
    assert alike.keys() == {"error", "elbo", "l_k", "typicality"}
    assert all(abs(each.value - 0.5) < 4 * each.error for each in alike.values())
    dark = ood.told_apart(*fitted, KEY, **sets, other=images(4, most=20), samples=2)
    assert dark["error"].value == 1


def test_typicality_is_how_far_a_bound_is_from_that_of_training_events():
    train, events = {"l_k": np.array([1.0, 3.0])}, {"l_k": np.array([2.0, 5.0, -1.0])}
    np.testing.assert_array_equal(ood.with_typicality(train, events)["typicality"], [0, 3, 3])
    assert "typicality" not in ood.with_typicality({}, {"error": np.ones(2)})


def test_a_standardised_set_scales_the_other_as_itself():
    model = small_model((3,), latents.Point(2), None)
    params = jax.jit(model.init)(KEY, jnp.zeros((1, 3)))
    own_spec = Spec((3,), "float32", "real", scale=2.0, shift=1.0)
    x = np.random.default_rng(5).normal(size=(150, 3)).astype("f4")
    own, other = ArraySource(x, None, own_spec), ArraySource(x, None, own_spec._replace(scale=7.0, shift=-3.0))
    found = ood.told_apart(model, params, KEY, train=own, own=own, other=other)
    assert found.keys() == {"error"}
    assert found["error"].value == pytest.approx(0.5)


def test_events_of_another_shape_are_refused_in_a_line(fitted):
    other = ArraySource(np.zeros((5, 3), "f4"), None, Spec((3,), "float32", "real"))
    with pytest.raises(DataError, match=r"other set are \(3,\)"):
        ood.told_apart(*fitted, KEY, train=images(1), own=images(2), other=other)
